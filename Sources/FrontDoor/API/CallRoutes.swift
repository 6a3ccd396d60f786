public import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import Timeline
internal import Wording

/// `/v1/calls`: what is known of calls, and what can be done to them.
public struct CallRoutes: Sendable {
    private static let call = PathParameter<String>.text("call")
    private static let usualPage = 50
    private static let largestPage = 200

    private let entry: APIGuard
    private let store: any CallStoring
    private let commands: any CallCommanding

    public init(_ entry: APIGuard, store: any CallStoring, commands: any CallCommanding) {
        self.entry = entry
        self.store = store
        self.commands = commands
    }

    public func add(to router: inout Router) {
        get("/v1/calls", &router) { request in try await list(try request.query()) }
        get("/v1/calls/\(Self.call)", &router) { request in .object(try await record(request).json) }
        get("/v1/calls/\(Self.call)/events", &router) { request in
            let events = try await ask { () throws(CallStoreError) in
                try await store.events(of: CallReference(request[Self.call]))
            }
            guard let events else { throw Self.unknownCall }
            return Self.items(events.map(\.json))
        }
        get("/v1/calls/\(Self.call)/transcript", &router) { request in
            let turns = try await ask { () throws(CallStoreError) in
                try await store.transcript(of: CallReference(request[Self.call]))
            }
            guard let turns else { throw Self.unknownCall }
            return Self.items(turns.map(\.json))
        }
        router.on("POST", "/v1/calls/\(Self.call)/hangup") { request in
            try entry.check(request)
            return Self.answer(try await hangUp(request))
        }
    }

    private func get(
        _ path: RoutePath, _ router: inout Router,
        _ answer: @escaping @Sendable (RouteRequest) async throws -> JSONValue
    ) {
        router.on("GET", path, bodyLimit: 0) { request in
            try entry.check(request)
            return Self.answer(try await answer(request))
        }
    }

    // MARK: answers

    private func record(_ request: RouteRequest) async throws(Problem) -> CallRecord {
        let reference = CallReference(request[Self.call])
        let record = try await ask { () throws(CallStoreError) in try await store.record(of: reference) }
        guard let record else { throw Self.unknownCall }
        return record
    }

    private func list(_ query: QueryItems) async throws(Problem) -> JSONValue {
        let filter = CallFilter(
            status: try Self.value("status", of: query) { CallStatus(rawValue: $0) },
            agent: query["agent"], from: query["from"],
            since: try Self.value("since", of: query) { UTCTime(rfc3339: $0) })
        let limit = try Self.value("limit", of: query) { text in
            Int(text).flatMap { (1...Self.largestPage).contains($0) ? $0 : nil }
        }
        let after = try Self.value("cursor", of: query) { CallID($0) }
        let page = try await ask { () throws(CallStoreError) in
            try await store.records(
                matching: filter, page: CallPage.Request(after: after, limit: limit ?? Self.usualPage))
        }
        return Self.items(page.records.map(\.json), next: page.next?.description)
    }

    private func hangUp(_ request: RouteRequest) async throws(Problem) -> JSONValue {
        let call = try await record(request)
        guard !call.status.isFinal else {
            throw Problem(409, code: "call.over", "The call is over: it is \(call.status.rawValue).")
        }
        do throws(CarrierControlError) {
            try await commands.hangUp(call)
        } catch {
            throw Problem(error == .notConfigured ? 409 : 502, code: error.code, error.message)
        }
        return .object(try await record(request).json)
    }

    // MARK: what all have in common

    private static let unknownCall = Problem(
        404, code: "call.not_found", "There is no call of this id, neither of ours nor of the carrier's.")

    private static func answer(_ value: JSONValue) -> HTTPResponse {
        .json(headers: ["Cache-Control": "no-store"]) { value.write(to: &$0) }
    }

    private static func items(_ items: [JSONObject], next: String? = nil) -> JSONValue {
        .object(
            .building { json in
                json.add("items", .array(items.map { .object($0) }))
                json.addOrNull("next_cursor", next.map { .string($0) })
            })
    }

    /// A part of the query; nil when it is not there or empty.
    private static func value<Value>(
        _ name: String, of query: QueryItems, _ read: (String) -> Value?
    ) throws(Problem) -> Value? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let value = read(text) else {
            throw Problem(
                400, code: "http.invalid_query", "'\(name)' cannot be \"\(PeerText(text))\".", field: name)
        }
        return value
    }

    private func ask<Value>(_ body: () async throws(CallStoreError) -> Value) async throws(Problem) -> Value {
        do throws(CallStoreError) {
            return try await body()
        } catch {
            throw Problem(503, code: error.code, error.message, headers: ["Retry-After": "1"])
        }
    }
}
