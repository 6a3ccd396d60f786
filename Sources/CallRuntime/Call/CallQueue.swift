internal import MediaCore

/// How full one queue of a call is.
package struct CallQueue: Hashable, Sendable {
    package let name: Name
    package let count: Int
    package let limit: Int

    package enum Name: String, Hashable, Sendable {
        case preroll
        case playout
        case outbox
        case keys
    }
}

extension Switchboard {
    /// For those who watch that no queue of a call goes over its limit; nil for a call that is not known. On the call's
    /// own thread.
    package func queues(of name: String) -> [CallQueue]? {
        desk.call(name)?.queues
    }
}

extension Call {
    /// Changes of the record are never dropped; no call has more than a few.
    private static let changes = 16

    fileprivate nonisolated var queues: [CallQueue] {
        assumeIsolated { call in
            [
                CallQueue(name: .preroll, count: call.line.preroll.count, limit: call.line.prerollLimit),
                CallQueue(name: .playout, count: call.line.playout.count, limit: call.line.playoutLimit),
                CallQueue(name: .outbox, count: call.outbox.count, limit: Outbox.capacity + Self.changes),
                CallQueue(name: .keys, count: call.untoldKeys.count, limit: DigitCollector.limit),
            ]
        }
    }
}

extension CallLine {
    fileprivate var prerollLimit: Int { heardFormat.bytes(in: Self.preroll).rawValue }
    fileprivate var playoutLimit: Int { spokenFormat.bytes(in: Self.playout).rawValue }
}
