internal import PracticeKit
internal import Timeline

/// The wall clock of one host: set forward and back, by minutes and by hours. No deadline may notice.
struct WallClock {
    /// 24 November 2026, in the morning.
    private static let morning: Int64 = 1_795_500_000_000

    /// From when on it is off by how many milliseconds.
    private var jumps: [(at: Instant, milliseconds: Int64)] = []

    /// One that is right.
    init() {}

    /// - Parameter span: It jumps within it, up to three times.
    init(jumpingWithin span: Duration, using dice: inout SeededRandom) {
        let width = Int(span.inSeconds * 1_000)
        jumps = (0..<(1 + dice.below(3))).map { _ in
            let reach = dice.happens(0.5) ? 600_000 : 4 * 3_600_000
            return (
                at: World.beginning.advanced(by: .milliseconds(dice.below(width))),
                milliseconds: Int64(dice.below(2 * reach) - reach)
            )
        }
        jumps.sort { $0.at < $1.at }
    }

    func utc(at now: Instant) -> UTCTime {
        let error = jumps.last { $0.at <= now }?.milliseconds ?? 0
        return UTCTime(
            millisecondsSince1970: Self.morning + World.beginning.nanoseconds(to: now) / 1_000_000 + error)
    }
}
