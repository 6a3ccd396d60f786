internal import CallCore
internal import Synchronization
internal import Timeline
internal import Wording

/// Where calls are found by the carrier's name of them, while they live and a little longer.
final class CallDesk: Sendable {
    /// A webhook announced this call, and its stream has not come yet.
    struct Expected: Sendable {
        /// As it was then; nil where there was none of that name.
        let agent: Agent?
        let until: Instant
        var ticket: UpstreamTicket?
    }

    private struct Entry {
        let call: Call
        let number: Int
        var agent: String?
    }

    private struct State {
        var live: [String: Entry] = [:]
        /// Those whose carrier has not said yet which call it is.
        var unstarted: [ObjectIdentifier: Entry] = [:]
        /// So many have been here.
        var entered = 0
        var expected: [String: Expected] = [:]
        /// What the carrier is told when it asks what follows the stream, and until when.
        var prepared: [String: (steps: [CallerStep], until: Instant)] = [:]
    }

    private static let capacity = 20_000
    private static let memory = Duration.seconds(300)

    private let state = Mutex(State())

    var liveCount: Int { state.withLock { $0.live.count } }
    /// With those that have not started.
    var openCount: Int { state.withLock { $0.live.count + $0.unstarted.count } }
    /// In the order in which they came.
    var openCalls: [Call] {
        state.withLock { Array($0.live.values) + Array($0.unstarted.values) }
            .sorted { $0.number < $1.number }.map(\.call)
    }

    func call(_ name: String) -> Call? { state.withLock { $0.live[name]?.call } }

    /// False when there is no room for it.
    func expect(_ name: String, _ expected: Expected, at now: Instant) -> Bool {
        state.withLock { state in
            if state.expected.count >= Self.capacity { state.expected = state.expected.filter { now < $0.value.until } }
            guard state.expected.count < Self.capacity || state.expected[name] != nil else { return false }
            state.expected[name] = expected
            return true
        }
    }

    func expected(_ name: String, at now: Instant) -> Expected? {
        state.withLock { state in
            guard let expected = state.expected[name], now < expected.until else { return nil }
            return expected
        }
    }

    /// Calls of an agent that are on the line, or whose streams are on their way.
    func count(of agent: String, at now: Instant) -> Int {
        state.withLock { state in
            state.live.values.count { $0.agent == agent }
                + state.expected.values.count { $0.agent?.id == agent && now < $0.until }
        }
    }

    /// Takes what was asked of the upstream for this call.
    func ticket(_ name: String) -> UpstreamTicket? {
        state.withLock { state in
            let ticket = state.expected[name]?.ticket
            state.expected[name]?.ticket = nil
            return ticket
        }
    }

    /// Its socket is open.
    func enter(_ call: Call) {
        state.withLock { state in
            state.entered += 1
            state.unstarted[ObjectIdentifier(call)] = Entry(call: call, number: state.entered)
        }
    }

    /// It is over, and never started.
    func leave(_ call: Call) {
        state.withLock { _ = $0.unstarted.removeValue(forKey: ObjectIdentifier(call)) }
    }

    /// False when there is such a call already.
    func begin(_ call: Call, _ name: String, with agent: String) -> Bool {
        state.withLock { state in
            guard state.live[name] == nil, var entry = state.unstarted.removeValue(forKey: ObjectIdentifier(call))
            else { return false }
            entry.agent = agent
            state.live[name] = entry
            state.expected[name] = nil
            return true
        }
    }

    func end(_ call: Call, _ name: String) {
        state.withLock { state in
            if state.live[name]?.call === call { state.live[name] = nil }
        }
    }

    /// False when there is no room for it.
    func prepare(_ name: String, _ steps: [CallerStep], at now: Instant) -> Bool {
        state.withLock { state in
            if state.prepared.count >= Self.capacity { state.prepared = state.prepared.filter { now < $0.value.until } }
            guard state.prepared.count < Self.capacity || state.prepared[name] != nil else { return false }
            state.prepared[name] = (steps, now.advanced(by: Self.memory))
            return true
        }
    }

    func prepared(_ name: String, at now: Instant) -> [CallerStep]? {
        state.withLock { state in
            guard let prepared = state.prepared[name], now < prepared.until else { return nil }
            return prepared.steps
        }
    }
}
