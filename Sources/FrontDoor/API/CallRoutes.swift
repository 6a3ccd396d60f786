public import CallCore
internal import HTTPLoop
internal import JSONWire
internal import Telemetry
internal import Timeline

/// `/v1/calls`: what is known of calls.
public struct CallRoutes: Sendable {
    private static let call = PathParameter<String>.text("call")

    private let entry: APIGuard
    private let store: any CallStoring

    public init(_ entry: APIGuard, store: any CallStoring) {
        self.entry = entry
        self.store = store
    }

    public func add(to router: inout Router) {
        get("/v1/calls", &router) { request in try await list(try request.query()) }
        get("/v1/calls/\(Self.call)", &router) { request in .object(try await record(request).json) }
        get("/v1/calls/\(Self.call)/events", &router) { request in
            let events = try await APIAnswers.ask { () throws(CallStoreError) in
                try await store.events(of: CallReference(request[Self.call]))
            }
            guard let events else { throw Self.unknownCall }
            return APIAnswers.items(events.map(\.json))
        }
        get("/v1/calls/\(Self.call)/transcript", &router) { request in
            let turns = try await APIAnswers.ask { () throws(CallStoreError) in
                try await store.transcript(of: CallReference(request[Self.call]))
            }
            guard let turns else { throw Self.unknownCall }
            return APIAnswers.items(turns.map(\.json))
        }
        router.on("DELETE", "/v1/calls/\(Self.call)", bodyLimit: 0) { request in
            try entry.check(request)
            return APIAnswers.answer(try await erase(request))
        }
    }

    private func get(
        _ path: RoutePath, _ router: inout Router,
        _ answer: @escaping @Sendable (RouteRequest) async throws -> JSONValue
    ) {
        router.on("GET", path, bodyLimit: 0) { request in
            try entry.check(request)
            return APIAnswers.answer(try await answer(request))
        }
    }

    // MARK: answers

    private func record(_ request: RouteRequest) async throws(Problem) -> CallRecord {
        let reference = CallReference(request[Self.call])
        let record = try await APIAnswers.ask { () throws(CallStoreError) in try await store.record(of: reference) }
        guard let record else { throw Self.unknownCall }
        return record
    }

    private func list(_ query: QueryItems) async throws(Problem) -> JSONValue {
        let filter = CallFilter(
            status: try APIAnswers.value("status", of: query) { CallStatus(rawValue: $0) },
            agent: query["agent"], from: query["from"],
            since: try APIAnswers.value("since", of: query) { UTCTime(rfc3339: $0) })
        let limit = try APIAnswers.limit(of: query)
        let after = try APIAnswers.value("cursor", of: query) { CallID($0) }
        let page = try await APIAnswers.ask { () throws(CallStoreError) in
            try await store.records(
                matching: filter, page: CallPage.Request(after: after, limit: limit))
        }
        return APIAnswers.items(page.records.map(\.json), next: page.next?.description)
    }

    /// What a call was about is forgotten; that there was one stays.
    private func erase(_ request: RouteRequest) async throws(Problem) -> JSONValue {
        let reference = CallReference(request[Self.call])
        let erasure = try await APIAnswers.ask { () throws(CallStoreError) in
            try await store.erase(reference, at: SystemClock.utc())
        }
        switch erasure {
        case .erased(let record): return .object(record.json)
        case .unknownCall: throw Self.unknownCall
        case .live(let record):
            throw Problem(
                409, code: "call.live", "The call is \(record.status.rawValue). Only one that is over can be erased.")
        }
    }

    static let unknownCall = Problem(
        404, code: "call.not_found", "There is no call of this id, neither of ours nor of the carrier's.")
}
