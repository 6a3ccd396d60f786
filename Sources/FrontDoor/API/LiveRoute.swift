public import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import Wording

/// `GET /v1/calls/live`: what becomes of calls as it happens, whichever node has them. It begins with those that are open.
public struct LiveRoute: Sendable {
    /// Between two looks at the store.
    private static let period = Duration.seconds(1)
    /// Of so many calls, the newest, changes are told.
    private static let page = 200

    /// What of a record is news when it changes.
    private struct Mark: Hashable {
        let status: CallStatus
        let stream: String?
        let isUnreconciled: Bool

        init(_ record: CallRecord) {
            status = record.status
            stream = record.streamID
            isUnreconciled = record.unreconciledSince != nil
        }
    }

    private let entry: APIGuard
    private let store: any CallStoring

    public init(_ entry: APIGuard, store: any CallStoring) {
        self.entry = entry
        self.store = store
    }

    public func add(to router: inout Router) {
        router.stream("/v1/calls/live") { request in
            try entry.check(request)
            return .events { writer in try await watch(writer) }
        }
    }

    private func watch(_ writer: EventWriter) async throws {
        var known: [CallID: Mark]?
        while true {
            // A store that is away has no news.
            if let page = try? await store.records(matching: CallFilter(), page: CallPage.Request(limit: Self.page)) {
                for record in page.records.reversed() {
                    let isNews = known.map { $0[record.id] != Mark(record) } ?? !record.status.isFinal
                    guard isNews else { continue }
                    var json = JSONWriter()
                    JSONValue.object(record.json).write(to: &json)
                    try await writer.send(ServerSentEvent(json.text, event: "call"))
                }
                known = Dictionary(uniqueKeysWithValues: page.records.map { ($0.id, Mark($0)) })
            }
            try await Task.sleep(for: Self.period)
        }
    }
}
