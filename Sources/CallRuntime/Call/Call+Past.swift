internal import CallCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire

/// What was said in a call before this stream of it began.
struct PastConversation {
    private static let mostTurns = 100
    private static let mostCharacters = 24_000

    /// The store has to be asked, and is asked once.
    private(set) var isUnread = false
    var isAsked = false
    /// The attempt that waits for the answer.
    var attempt: Int?
    private(set) var turns: [UpstreamPastTurn] = []

    static var unread: PastConversation {
        var past = PastConversation()
        past.isUnread = true
        return past
    }

    /// Keeps the newest of it: as much as a model needs to go on.
    mutating func read(_ known: [TranscriptTurn]) {
        isUnread = false
        var room = Self.mostCharacters
        let newest = known.filter { !$0.text.isEmpty }.suffix(Self.mostTurns).reversed().prefix { turn in
            room -= turn.text.utf8.count
            return room >= 0
        }
        turns = newest.reversed().map { UpstreamPastTurn($0.speaker == .caller ? .caller : .agent, $0.text) }
    }
}

// A call that goes on after its node was lost: on another stream, with whatever the store has of it.
extension Call {
    /// For the store. A caller who waits is better served by an agent that has forgotten.
    private static let recallLimit = Duration.seconds(1)

    /// Dials the first choice, once it is known what was said before.
    func dialFirst(attempt: Int) {
        guard past.isUnread, let name = record?.providerCallID else { return dialUpstream(.first, attempt: attempt) }
        past.attempt = attempt
        guard !past.isAsked else { return }
        past.isAsked = true
        _ = task { [self] in await recall(name) }
        _ = task { [self] in
            await wait(Self.recallLimit)
            await recalled([], nil)
        }
    }

    private func recall(_ name: String) async {
        do throws(CallStoreError) {
            let turns = try await services.store.transcript(of: .provider(name)) ?? []
            recalled(turns, try await services.store.record(of: .provider(name))?.answeredAt)
        } catch {
            report(
                error.code, "What was said before could not be read, so the agent begins anew. \(error.message)",
                component: "store")
            recalled([], nil)
        }
    }

    private func recalled(_ turns: [TranscriptTurn], _ answeredAt: UTCTime?) {
        guard past.isUnread else { return }
        past.read(turns)
        if let answeredAt {
            let passed = Duration.milliseconds(
                max(0, services.utc().millisecondsSince1970 - answeredAt.millisecondsSince1970))
            book?.goOn(after: passed, at: line.loop.now)
            machine.wentOn(after: passed, at: line.loop.now)
        }
        logger.info(
            "call.resumed", "The caller is back after a node was lost, and the agent goes on.",
            ["turns": .integer(past.turns.count)])
        guard let attempt = past.attempt, !machine.isOver else { return }
        dialUpstream(.first, attempt: attempt)
        rearm()
    }
}
