internal import CallCore
internal import PracticeKit

/// The two who may talk to a caller.
enum AgentSide: Int {
    case first
    case standIn

    /// What the agent of a call is known by upstream: its last digits are the call's number.
    func name(ofCall number: Int) -> String {
        switch self {
        case .first: "call-\(number)"
        case .standIn: "standin-\(number)"
        }
    }

    /// As the bridge knows it.
    func agent(ofCall number: Int) -> String {
        switch self {
        case .first: "agent-\(number)"
        case .standIn: "stand-in-\(number)"
        }
    }

    /// Whom a dialled address names.
    static func named(in address: String) -> (side: AgentSide, call: Int)? {
        let digits = address.reversed().prefix { $0.isNumber }.reversed()
        guard let call = Int(String(digits)) else { return nil }
        return (address.hasSuffix(AgentSide.standIn.name(ofCall: call)) ? .standIn : .first, call)
    }
}

/// One agent of a call, and how each attempt to reach it ends.
struct AgentPlan {
    let vendor: UpstreamVendor
    /// It wants and sends PCM.
    let speaksPCM: Bool
    var attempts: [UpstreamPlan]

    init(
        _ shape: Shape, vendor: UpstreamVendor, speaksPCM: Bool, roughness: Double, isCalm: Bool,
        using dice: inout SeededRandom
    ) {
        self.vendor = vendor
        self.speaksPCM = speaksPCM
        attempts = (0..<4).map { _ in
            UpstreamPlan(
                shape, vendor: vendor, speaksPCM: speaksPCM, roughness: roughness, isCalm: isCalm, using: &dice)
        }
    }
}

/// In which calls of a world somebody stands in for the agent. It has dice of its own, so that worlds in which nobody
/// does stay as they were.
struct StandInMix {
    private var dice: SeededRandom
    private let share: Double
    private let shape: Shape

    init(seed: UInt64, shape: Shape) {
        var dice = SeededRandom(seed: seed ^ 0x57A9_D1B5)
        dice = SeededRandom(seed: dice.next())
        share = dice.happens(0.25) ? 0.6 : 0
        self.dice = dice
        self.shape = shape
    }

    /// For the next call. Who stands in is wanted only where the first is slow or cannot be had, so most of them are.
    mutating func draw(_ plan: inout CallPlan, roughness: Double) {
        guard share > 0, dice.happens(share) else { return }
        var vendor: UpstreamVendor = plan.first.vendor == .openAI ? .elevenLabs : .openAI
        if dice.happens(0.2) { vendor = plan.first.vendor }
        plan.standIn = AgentPlan(
            shape, vendor: vendor,
            speaksPCM: plan.first.speaksPCM || vendor == .openAI && plan.manner.isWideband, roughness: roughness,
            isCalm: dice.happens(0.5), using: &dice)
        plan.isTwin = vendor == .elevenLabs && plan.first.vendor == .openAI && dice.happens(0.5)
        guard dice.happens(0.8) else { return }
        for place in plan.first.attempts.indices { plan.first.attempts[place].delay(using: &dice) }
    }
}
