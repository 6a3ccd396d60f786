internal import FrontDoor
internal import PracticeKit
internal import Timeline

/// Something that nodes depend on and look after by probes: an upstream, a TURN server over one transport. It is well but
/// for spells that are drawn before the world begins.
final class SimulatedDependency {
    enum Trouble: CaseIterable {
        /// Says no: a wrong secret, a server that is stopped.
        case refuses
        /// Says nothing, as UDP does where nobody is.
        case silent
        /// The same, and whoever asks does not let himself be called off.
        case hangs
        /// Late, and well.
        case slow
    }

    struct Spell {
        let when: Range<Instant>
        let trouble: Trouble

        var isSick: Bool { trouble != .slow }
    }

    /// For one check.
    static let patience = Duration.seconds(3)
    /// What hangs, hangs no longer.
    static let longestHang = Duration.seconds(6)

    let name: String
    /// In their order, apart from each other.
    let spells: [Spell]
    private var dice: SeededRandom

    init(_ name: String, span: Duration, dice: SeededRandom) {
        var dice = dice
        self.name = name
        var (at, spells) = (World.beginning, [Spell]())
        let end = World.beginning.advanced(by: span)
        while dice.happens(0.7) {
            let from = at.advanced(by: .milliseconds(1 + dice.below(dice.happens(0.4) ? 20_000 : 120_000)))
            at = from.advanced(by: .milliseconds(1 + dice.below(dice.happens(0.3) ? 5_000 : 120_000)))
            guard at < end else { break }
            spells.append(Spell(when: from..<at, trouble: Trouble.allCases[dice.below(Trouble.allCases.count)]))
        }
        self.spells = spells
        self.dice = dice
    }

    /// What a probe of it meets.
    func check(from process: WorldProcess) async throws(ProbeFailure) {
        switch spells.first(where: { $0.when.contains(process.now) })?.trouble {
        case nil: await process.pause(.milliseconds(1 + dice.below(300)))
        case .slow: await process.pause(.milliseconds(300 + dice.below(2_500)))
        case .refuses:
            await process.pause(.milliseconds(1 + dice.below(300)))
            throw ProbeFailure("it says no", code: "simulation.no")
        case .silent:
            _ = try? await process.sleep(.seconds(1_000))
            throw ProbeFailure("it says nothing", code: "simulation.silent")
        case .hangs:
            await process.pause(Self.patience + .milliseconds(dice.below(3_000)))
            throw ProbeFailure("it came back too late", code: "simulation.hangs")
        }
    }
}
