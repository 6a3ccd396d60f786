internal import CallCore
internal import Synchronization
internal import Timeline
internal import Wording

/// Where calls are found by the carrier's name of them, while they live and a little longer.
final class CallDesk: Sendable {
    /// A webhook announced this call, and its stream has not come yet.
    struct Expected: Sendable {
        let agent: String
        let until: Instant
    }

    private struct State {
        var live: [String: Call] = [:]
        var expected: [String: Expected] = [:]
        /// What the carrier is told when it asks what follows the stream, and until when.
        var prepared: [String: (steps: [CallerStep], until: Instant)] = [:]
    }

    private static let capacity = 20_000
    private static let memory = Duration.seconds(300)

    private let state = Mutex(State())

    var liveCount: Int { state.withLock { $0.live.count } }
    var liveCalls: [Call] { state.withLock { Array($0.live.values) } }

    func call(_ name: String) -> Call? { state.withLock { $0.live[name] } }

    func expect(_ name: String, _ expected: Expected, at now: Instant) {
        state.withLock { state in
            if state.expected.count >= Self.capacity { state.expected = state.expected.filter { now < $0.value.until } }
            guard state.expected.count < Self.capacity else { return }
            state.expected[name] = expected
        }
    }

    func isExpected(_ name: String, at now: Instant) -> Bool {
        state.withLock { $0.expected[name].map { now < $0.until } ?? false }
    }

    /// False when there is such a call already.
    func begin(_ call: Call, _ name: String) -> Bool {
        state.withLock { state in
            guard state.live[name] == nil else { return false }
            state.live[name] = call
            state.expected[name] = nil
            return true
        }
    }

    func end(_ call: Call, _ name: String) {
        state.withLock { state in
            if state.live[name] === call { state.live[name] = nil }
        }
    }

    func prepare(_ name: String, _ steps: [CallerStep], at now: Instant) {
        state.withLock { state in
            if state.prepared.count >= Self.capacity { state.prepared = state.prepared.filter { now < $0.value.until } }
            guard state.prepared.count < Self.capacity else { return }
            state.prepared[name] = (steps, now.advanced(by: Self.memory))
        }
    }

    func prepared(_ name: String, at now: Instant) -> [CallerStep]? {
        state.withLock { state in
            guard let prepared = state.prepared[name], now < prepared.until else { return nil }
            return prepared.steps
        }
    }
}
