public import CallCore
internal import Digests
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
public import Telemetry
public import Timeline
internal import Wording

/// Dials what waits in the store.
public protocol CallDialling: Sendable {
    /// Not so once the node is about to end.
    var takesOrders: Bool { get }
    /// Something was ordered.
    func wake() async
    /// Until the carrier has the call, or it is clear that it never will, or the time is over.
    func settled(_ call: CallID, within limit: Duration) async
}

/// `POST /v1/calls`: dials out.
public struct DialRoutes: Sendable {
    /// Whom the route needs.
    public struct House: Sendable {
        public var store: any CallStoring & DialKeeping
        /// Nil without credentials of a carrier.
        public var dialler: (any CallDialling)?
        public var agents: @Sendable () -> AgentDirectory
        public var rules: DialRules
        /// Of all calls of the process.
        public var ids: CallIDSource
        public var node: String
        public var registry: MetricsRegistry
        public var now: @Sendable () -> UTCTime

        public init(
            store: any CallStoring & DialKeeping, dialler: (any CallDialling)?,
            agents: @escaping @Sendable () -> AgentDirectory, rules: DialRules, ids: CallIDSource, node: String,
            registry: MetricsRegistry, now: @escaping @Sendable () -> UTCTime = { SystemClock.utc() }
        ) {
            self.store = store
            self.dialler = dialler
            self.agents = agents
            self.rules = rules
            self.ids = ids
            self.node = node
            self.registry = registry
            self.now = now
        }
    }

    /// The answer waits so long for the carrier's; after that the call is told as it is by then.
    static let patience = Duration.seconds(3)

    private let entry: APIGuard
    private let house: House
    private let address: PublicAddress

    public init(_ entry: APIGuard, house: House, address: PublicAddress) {
        self.entry = entry
        self.house = house
        self.address = address
    }

    public func add(to router: inout Router) {
        router.on("POST", "/v1/calls") { request in
            try entry.check(request)
            return try await dial(request)
        }
    }

    // MARK: an order

    private func dial(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
        let now = house.now()
        let body = try Self.body(request)
        let wish = try read(body, at: now)
        guard let dialler = house.dialler else {
            let error = CarrierControlError.notConfigured
            throw Problem(409, code: error.code, error.message)
        }
        guard dialler.takesOrders else {
            house.registry.counter(.rejected, "draining").increment()
            throw Problem(
                503, code: "node.draining", "This node takes no new calls, since it is about to end.",
                headers: ["Retry-After": "1"])
        }
        let key = try Self.key(request, body)
        let (order, record) = try self.order(wish, request, at: now)
        let kept = try await APIAnswers.ask { () throws(CallStoreError) in
            try await house.store.order(order, opening: record, under: key, within: house.rules, at: now)
        }
        switch kept {
        case .kept(let record):
            await dialler.wake()
            if order.due <= now { await dialler.settled(order.call, within: Self.patience) }
            return try await answer(record, under: key)
        case .known(let known):
            guard let key else { throw .internalError }
            return try await again(known, key, at: now)
        case .full(let limit):
            house.registry.counter(.rejected, "dial_queue").increment()
            throw .tooMany(
                "dialling.full",
                "\(limit) calls wait to be dialled already, which is all that can be at twilio.calls_per_second before "
                    + "they expire.", after: .seconds(10))
        case .spent(let minutes):
            house.registry.counter(.rejected, "dial_minutes").increment()
            let left = now.startOfNextDay.millisecondsSince1970 - now.millisecondsSince1970
            throw .tooMany(
                "limits.dial_minutes_per_day",
                "The \(minutes) minutes of dialled calls that a day may have (limits.dial_minutes_per_day) are used up.",
                after: .milliseconds(left))
        }
    }

    private static func body(_ request: RouteRequest) throws(Problem) -> JSONObject {
        do throws(JSONError) {
            return try JSONObject(parsing: request.body.span)
        } catch {
            throw Problem(error.isShape ? 422 : 400, code: error.code, error.message)
        }
    }

    private func read(_ body: JSONObject, at now: UTCTime) throws(Problem) -> DialRequest {
        do throws(DialRequest.Problem) {
            return try DialRequest(body, rules: house.rules, agents: house.agents(), at: now)
        } catch {
            throw Problem(422, code: error.code, error.message, field: error.field)
        }
    }

    private func order(
        _ wish: DialRequest, _ request: RouteRequest, at now: UTCTime
    ) throws(Problem) -> (DialOrder, CallRecord) {
        guard let base = address.base(for: Visitor(request.http)) else {
            throw Problem(
                409, code: "carrier.no_public_url",
                "The request names no host, so the carrier could not be told where this bridge is. Set public_url.")
        }
        var record = CallRecord(
            id: house.ids.next(at: now), providerCallID: nil, direction: .outbound, status: .queued, from: wish.from,
            to: wish.to, createdAt: now)
        record.agent = wish.agent.id
        record.upstream = house.agents().upstream(of: wish.agent)
        record.node = house.node
        record.variables = wish.variables
        record.metadata = wish.metadata
        record.scheduledAt = wish.scheduledAt
        let due = max(now, wish.scheduledAt ?? now)
        let order = DialOrder(
            call: record.id, from: wish.from, to: wish.to, base: base, due: due,
            expires: house.rules.expiry(of: wish.scheduledAt ?? now),
            limitSeconds: house.rules.limitSeconds(own: wish.agent.limits.maxCall), detection: wish.detection)
        return (order, record)
    }

    // MARK: answers

    private func answer(_ known: CallRecord, under key: IdempotencyKey?) async throws(Problem) -> HTTPResponse {
        // What cannot be read again has still been ordered.
        let record = (try? await house.store.record(of: .id(known.id))) ?? known
        let text = Self.text(record)
        if let key {
            try await APIAnswers.ask { () throws(CallStoreError) in
                try await house.store.keep(answer: text, under: key)
            }
        }
        return Self.created(text, record.id.description, isReplay: false)
    }

    private func again(
        _ known: KeptKey, _ key: IdempotencyKey, at now: UTCTime
    ) async throws(Problem) -> HTTPResponse {
        switch IdempotencyRules.verdict(on: known, digest: key.digest, at: now) {
        case .replay(let text):
            return Self.created(text, known.call.description, isReplay: true)
        case .answerOf(let call):
            let record = try await APIAnswers.ask { () throws(CallStoreError) in
                try await house.store.record(of: .id(call))
            }
            guard let record else { throw .internalError }
            let text = Self.text(record)
            try await APIAnswers.ask { () throws(CallStoreError) in
                try await house.store.keep(answer: text, under: key)
            }
            return Self.created(text, call.description, isReplay: true)
        case .running(let after):
            throw Problem(
                409, code: "idempotency.running", "The first request with this Idempotency-Key is not answered yet.",
                headers: ["Retry-After": String(max(1, Int(after.inSeconds)))])
        case .otherBody:
            throw Problem(
                409, code: "idempotency.other_body",
                "This Idempotency-Key was used for another request. Take a new key for every call.")
        }
    }

    private static func text(_ record: CallRecord) -> String {
        var json = JSONWriter()
        JSONValue.object(record.json).write(to: &json)
        return json.text
    }

    private static func created(_ text: String, _ call: String, isReplay: Bool) -> HTTPResponse {
        var headers: Headers = [
            "Content-Type": "application/json", "Cache-Control": "no-store", "Location": "/v1/calls/\(call)",
        ]
        if isReplay { headers.append("Idempotent-Replayed", "true") }
        return HTTPResponse(status: 201, headers: headers, body: Array(text.utf8))
    }

    // MARK: keys

    private static func key(_ request: RouteRequest, _ body: JSONObject) throws(Problem) -> IdempotencyKey? {
        let values = request.http.head.headers.values(of: "Idempotency-Key")
        guard let text = values.first else { return nil }
        guard values.count == 1, let key = IdempotencyKey(text, digest: digest(of: body)) else {
            throw Problem(
                400, code: "idempotency.malformed",
                "Idempotency-Key must be one value of 1 to \(IdempotencyKey.lengthLimit) printed ASCII characters.")
        }
        return key
    }

    /// The same for bodies that say the same, in whichever order.
    static func digest(of body: JSONObject) -> String {
        var json = JSONWriter()
        JSONValue.object(body).sorted.write(to: &json)
        return Hex.text(of: SHA256.digest(of: json.bytes.span))
    }
}

extension JSONValue {
    /// With the members of all objects in the order of their names.
    fileprivate var sorted: JSONValue {
        switch self {
        case .null, .bool, .number, .string: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                        .map { JSONObject.Member(name: $0.name, value: $0.value.sorted) }))
        }
    }
}
