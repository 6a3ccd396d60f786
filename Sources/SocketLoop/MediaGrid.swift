public import Timeline

/// Who keeps time with the 20 ms grid.
public protocol MediaGridListener: AnyObject {
    /// `periods` is 1, or more when the loop came late: what is due is due, the clock does not shift.
    func gridTick(at now: Instant, periods: UInt64)
}

/// The listeners of one loop's grid. Adding and removing is allowed from inside a tick.
final class MediaGrid {
    /// Nanoseconds between two ticks: one frame of telephone audio.
    static let period = 20_000_000

    private var listeners: [(any MediaGridListener)?] = []
    private var alive = 0

    /// Returns whether this is the first one, so that the grid must start.
    func add(_ listener: any MediaGridListener) -> Bool {
        listeners.append(listener)
        alive += 1
        return alive == 1
    }

    /// Returns whether nobody is left, so that the grid may rest.
    func remove(_ listener: any MediaGridListener) -> Bool {
        guard let place = listeners.firstIndex(where: { $0 === listener }) else { return false }
        listeners[place] = nil
        alive -= 1
        return alive == 0
    }

    func tick(at now: Instant, periods: UInt64) {
        // Those who join during this tick are called from the next on; those who left are a hole until it is over.
        let count = listeners.count
        for place in 0..<count { listeners[place]?.gridTick(at: now, periods: periods) }
        if alive < listeners.count { listeners.removeAll { $0 == nil } }
    }
}
