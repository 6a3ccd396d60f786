internal import PracticeKit
internal import Timeline

/// How the machine of one node is: short of memory, or with a loop that is late, in spells drawn before the world begins.
struct SimulatedLoad {
    private let short: [Range<Instant>]
    private let late: [Range<Instant>]

    init(within span: Duration, using dice: inout SeededRandom) {
        func spells(_ dice: inout SeededRandom) -> [Range<Instant>] {
            guard dice.happens(0.2) else { return [] }
            return (0..<1 + dice.below(3)).map { _ in
                let from = World.beginning.advanced(by: .milliseconds(dice.below(Int(span.inSeconds * 1_000))))
                return from..<from.advanced(by: .milliseconds(1 + dice.below(20_000)))
            }
        }
        short = spells(&dice)
        late = spells(&dice)
    }

    /// Of what the process may use.
    func memory(at now: Instant) -> Double { short.contains { $0.contains(now) } ? 0.9 : 0.4 }

    func lag(at now: Instant) -> Duration {
        late.contains { $0.contains(now) } ? .milliseconds(80) : .microseconds(200)
    }

    /// Without a break between these two.
    func isShort(from start: Instant, to end: Instant) -> Bool {
        short.contains { $0.lowerBound <= start && end < $0.upperBound }
    }

    /// At any time between these two.
    func wasShort(from start: Instant, to end: Instant) -> Bool { short.contains { $0.overlaps(start..<end) } }
}
