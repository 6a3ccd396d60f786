public import Timeline

/// Where a call lives: one thread with a clock, timers and the beat of media time.
public protocol CallLoop: AnyObject {
    var now: Instant { get }
    /// A timer that is not set yet.
    func timer(_ action: @escaping (_ now: Instant) -> Void) -> any CallTimer
    /// From now on `beat` comes every 20 ms of media time; also for one that is there already and wanted to be spared.
    func join(_ listener: any CallBeat)
    func leave(_ listener: any CallBeat)
}

/// One shot, and it can be moved.
public protocol CallTimer: AnyObject {
    /// Fires once at that time instead of any set before.
    func set(_ deadline: Deadline)
}

public protocol CallBeat: AnyObject {
    /// Returns how long it can be spared: before that it has nothing to do at a beat, or it joins anew.
    func beat(at now: Instant) -> Instant
}
