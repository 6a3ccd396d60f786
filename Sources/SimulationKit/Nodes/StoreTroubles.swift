internal import PracticeKit
internal import Timeline

/// What goes wrong with the disk that the database and the spools lie on, drawn before the world begins.
struct StoreTroubles {
    enum Trouble: Hashable {
        /// Another program holds the database.
        case locked
        /// Nothing of the database can be written or read.
        case away
        /// It takes longer than anybody waits.
        case slow
    }

    struct Spell {
        let when: Range<Instant>
        let trouble: Trouble
    }

    private static let hurry = 20_000

    private let spells: [Spell]
    /// When no spool can be written.
    private let spoolless: [Range<Instant>]
    /// An ordinary operation takes less than that many microseconds.
    let usual: Int
    /// From then on nothing is wrong.
    var end = Instant.distantFuture

    init(within span: Duration, using dice: inout SeededRandom) {
        usual = [2_000, 2_000, 2_000, 50_000, 400_000][dice.below(5)]
        func spell(_ longest: Int, _ dice: inout SeededRandom) -> Range<Instant> {
            let from = World.beginning.advanced(by: .milliseconds(dice.below(Int(span.inSeconds * 1_000))))
            return from..<from.advanced(by: .milliseconds(1 + dice.below(longest)))
        }
        var spells: [Spell] = []
        for _ in 0..<[0, 0, 1, 1, 2, 3][dice.below(6)] {
            let trouble = [Trouble.locked, .away, .slow][dice.below(3)]
            spells.append(Spell(when: spell(30_000, &dice), trouble: trouble))
        }
        self.spells = spells
        // Half of them while the database is away, too: then nothing can be kept.
        var spoolless: [Range<Instant>] = []
        if dice.happens(0.25) { spoolless.append(spell(20_000, &dice)) }
        if let first = spells.first, dice.happens(0.25) {
            let from = first.when.lowerBound.advanced(by: .milliseconds(dice.below(5_000)))
            spoolless.append(from..<from.advanced(by: .milliseconds(1 + dice.below(20_000))))
        }
        self.spoolless = spoolless
    }

    func trouble(at now: Instant) -> Trouble? {
        now < end ? spells.first { $0.when.contains(now) }?.trouble : nil
    }

    func hasSpool(at now: Instant) -> Bool { now >= end || !spoolless.contains { $0.contains(now) } }

    /// Whether the database was in trouble at any time between these two, and the spools, too. A carrier's report waits so
    /// briefly for the database that a disk which is slow at best is trouble enough.
    func hadBoth(from start: Instant, to end: Instant) -> Bool {
        let isAway = usual > Self.hurry || spells.contains { $0.when.overlaps(start..<end) }
        return isAway && spoolless.contains { $0.overlaps(start..<end) }
    }

    /// Whether anything was wrong between these two.
    func hadAny(from start: Instant, to end: Instant) -> Bool {
        spells.contains { $0.when.overlaps(start..<end) } || spoolless.contains { $0.overlaps(start..<end) }
    }
}
