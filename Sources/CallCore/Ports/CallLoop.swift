public import Timeline

/// Where a call lives: one thread with a clock, timers and the beat of media time.
public protocol CallLoop: AnyObject {
    var now: Instant { get }
    /// A timer that is not set yet.
    func timer(_ action: @escaping (_ now: Instant) -> Void) -> any CallTimer
    /// From now on `beat` comes every 20 ms of media time.
    func join(_ listener: any CallBeat)
    func leave(_ listener: any CallBeat)
}

/// One shot, and it can be moved.
public protocol CallTimer: AnyObject {
    /// Fires once at that time instead of any set before.
    func set(_ deadline: Deadline)
}

public protocol CallBeat: AnyObject {
    func beat(at now: Instant)
}
