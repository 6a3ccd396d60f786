internal import Timeline

/// Which of the caller's frames have to get through where they may overtake each other: those that came before four later
/// ones, and within 60 ms of the first of them. A copy is none.
struct ChunkBook {
    private static let depth = 4
    private static let patience = Duration.milliseconds(60)
    /// Frames that are further behind are none that anybody waits for.
    private static let kept = 64

    private var first: Int?
    private var recent: [(number: Int, at: Instant)] = []
    /// Not heard yet.
    private var due: Set<Int> = []

    /// Whether it has to be heard.
    mutating func arrived(_ number: Int, at now: Instant) -> Bool {
        if first == nil { first = number }
        guard !recent.contains(where: { $0.number == number }) else { return false }
        let later = recent.filter { $0.number > number }
        recent.append((number, now))
        if recent.count > Self.kept { recent.removeFirst() }
        let isInTime = later.first.map { $0.at.duration(to: now) < Self.patience } ?? true
        guard number >= first ?? 0, later.count < Self.depth, isInTime else { return false }
        due.insert(number)
        return true
    }

    /// The upstream hears this one. Returns how many it should have heard before it, and did not.
    mutating func heard(_ number: Int, after last: Int) -> Int {
        guard number > last else { return 0 }
        let missing = (last + 1..<number).count { due.remove($0) != nil }
        due.remove(number)
        return missing
    }
}
