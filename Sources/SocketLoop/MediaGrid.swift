public import Timeline

/// Who keeps time with the 20 ms grid.
public protocol MediaGridListener: AnyObject {
    /// `periods` is 1, or more when the loop came late: what is due is due, the clock does not shift.
    ///
    /// - Returns: How long it is to be spared: no tick before that. `now` is the next one.
    func gridTick(at now: Instant, periods: UInt64) -> Instant
}

/// The listeners of one loop's grid. Adding and removing is allowed from inside a tick.
final class MediaGrid {
    /// Nanoseconds between two ticks: one frame of telephone audio.
    static let period = 20_000_000

    /// Who is spared is not touched: with hundreds of calls a loop none of them is in the cache, and these are.
    private struct Place {
        var listener: (any MediaGridListener)?
        var sparedUntil: Instant
    }

    private var places: [Place] = []
    private var alive = 0

    /// Returns whether this is the first one, so that the grid must start.
    func add(_ listener: any MediaGridListener) -> Bool {
        places.append(Place(listener: listener, sparedUntil: .zero))
        alive += 1
        return alive == 1
    }

    /// Returns whether nobody is left, so that the grid may rest.
    func remove(_ listener: any MediaGridListener) -> Bool {
        guard let index = index(of: listener) else { return false }
        places[index].listener = nil
        alive -= 1
        return alive == 0
    }

    /// It is not to be spared any more.
    func hurry(_ listener: any MediaGridListener) {
        if let index = index(of: listener) { places[index].sparedUntil = .zero }
    }

    private func index(of listener: any MediaGridListener) -> Int? {
        places.firstIndex { $0.listener === listener }
    }

    func tick(at now: Instant, periods: UInt64) {
        // Those who join during this tick are called from the next on; those who left are a hole until it is over.
        for index in 0..<places.count where places[index].sparedUntil <= now {
            guard let listener = places[index].listener else { continue }
            places[index].sparedUntil = listener.gridTick(at: now, periods: periods)
        }
        if alive < places.count { places.removeAll { $0.listener == nil } }
    }
}
