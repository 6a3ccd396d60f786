internal import PracticeKit
internal import Timeline

/// The practice agent as OpenAI speaks.
final class OpenAIAgent: AgentSession {
    private var session: PracticeSession
    private let settings: PracticeSettings

    init(_ call: SimulatedCall, attempt: Int, settings: PracticeSettings, shelf: ToneShelf) {
        var settings = settings
        settings.replySound = call.agentSound
        self.settings = settings
        session = PracticeSession(
            connection: call.number * 10 + attempt, model: "call-\(call.number)", settings: settings,
            epoch: 1_795_500_000, shelf: shelf, at: call.world.now)
    }

    var wakeUp: Deadline { session.wakeUp }
    var isCallerSpeaking: Bool { session.isCallerSpeaking }

    func open(at now: Instant) -> [AgentEffect] {
        let rejection: PracticeSession.Rejection? =
            settings.faults.contains(.badKey)
            ? .invalidKey : settings.faults.contains(.modelNotFound) ? .modelNotFound : nil
        return effects(session.open(at: now, rejecting: rejection))
    }

    func receive(_ text: [UInt8], at now: Instant) -> [AgentEffect] {
        effects(session.receive(text.span, at: now))
    }

    func advance(to now: Instant) -> [AgentEffect] { effects(session.advance(to: now)) }

    func closed(code: UInt16, byPeer: Bool, at now: Instant) -> [AgentEffect] {
        effects(session.closed(code: Int(code), reason: "", byPeer: byPeer, at: now))
    }

    private func effects(_ effects: [PracticeSession.Effect]) -> [AgentEffect] {
        effects.flatMap { effect -> [AgentEffect] in
            switch effect {
            case .send(let text): [.send(text)]
            case .close(let code, let reason): [.close(code: code, reason: reason)]
            case .reset: [.reset]
            case .freeze: [.freeze]
            case .report(.toolCalled("end_call", _, _)): [.farewell]
            case .report(let report): [.tell(report.sentence)]
            }
        }
    }
}
