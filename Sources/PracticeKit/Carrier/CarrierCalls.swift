internal import Synchronization

/// The calls of a carrier, by their ids and in the order in which they began.
final class CarrierCalls: Sendable {
    private struct State {
        var byID: [String: PhoneCall] = [:]
        var order: [String] = []
    }

    /// Past it the oldest is forgotten.
    private static let capacity = 100_000

    private let state = Mutex(State())

    func add(_ call: PhoneCall) {
        state.withLock { state in
            if state.order.count >= Self.capacity { state.byID[state.order.removeFirst()] = nil }
            state.byID[call.identity.call] = call
            state.order.append(call.identity.call)
        }
    }

    func call(_ id: String) -> PhoneCall? { state.withLock { $0.byID[id] } }

    var all: [PhoneCall] { state.withLock { Array($0.byID.values) } }

    /// The newest first.
    func matching(to: String?, from: String?, status: String?) -> [PhoneCall] {
        state.withLock { state in state.order.reversed().compactMap { state.byID[$0] } }.filter { call in
            (to.map { $0 == call.setting.to } ?? true) && (from.map { $0 == call.setting.from } ?? true)
                && (status.map { $0 == call.status } ?? true)
        }
    }
}
