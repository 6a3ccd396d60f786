public import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import Wording

/// What can be done to a call while it lives: `/v1/calls/{id}/hangup`, `/transfer` and `/say`.
public struct ControlRoutes: Sendable {
    /// More nobody listens to.
    private static let longestText = 4_000
    private static let call = PathParameter<String>.text("call")
    /// What is waited for has its own bounds within this.
    private static let limit = Duration.seconds(60)

    private let entry: APIGuard
    private let store: any CallStoring
    private let commands: any CallCommanding
    private let rules: DialRules

    public init(_ entry: APIGuard, store: any CallStoring, commands: any CallCommanding, rules: DialRules) {
        self.entry = entry
        self.store = store
        self.commands = commands
        self.rules = rules
    }

    public func add(to router: inout Router) {
        on("/v1/calls/\(Self.call)/hangup", &router) { _, call throws(Problem) in
            try await Self.obeyed { () throws(CallCommandError) in try await commands.hangUp(call) }
        }
        on("/v1/calls/\(Self.call)/transfer", &router) { request, call throws(Problem) in
            let number = PhoneNumber(try Self.text("to", in: request))
            if let refusal = rules.refusal(of: number) {
                throw Problem(422, code: refusal.code, refusal.message, field: "to")
            }
            try await Self.obeyed { () throws(CallCommandError) in try await commands.transfer(call, to: number) }
        }
        on("/v1/calls/\(Self.call)/say", &router) { request, call throws(Problem) in
            let text = try Self.text("text", in: request)
            guard !text.isEmpty, text.unicodeScalars.count <= Self.longestText else {
                throw Problem(
                    422, code: "json.invalid_value", "The text must have 1 to \(Self.longestText) characters.",
                    field: "text")
            }
            try await Self.obeyed { () throws(CallCommandError) in try await commands.say(text, to: call) }
        }
    }

    /// Answers with the record as it is afterwards.
    private func on(
        _ path: RoutePath, _ router: inout Router,
        _ command: @escaping @Sendable (RouteRequest, CallRecord) async throws(Problem) -> Void
    ) {
        router.on("POST", path, limit: Self.limit) { request in
            try entry.check(request)
            let call = try await record(request)
            guard !call.status.isFinal else {
                throw Problem(409, code: "call.over", "The call is over: it is \(call.status.rawValue).")
            }
            try await command(request, call)
            return APIAnswers.answer(.object(try await record(request).json))
        }
    }

    private func record(_ request: RouteRequest) async throws(Problem) -> CallRecord {
        let reference = CallReference(request[Self.call])
        let record = try await APIAnswers.ask { () throws(CallStoreError) in try await store.record(of: reference) }
        guard let record else { throw CallRoutes.unknownCall }
        return record
    }

    private static func text(_ field: String, in request: RouteRequest) throws(Problem) -> String {
        do throws(JSONError) {
            return try JSONObject(parsing: request.body.span).string(field)
        } catch {
            throw Problem(error.isShape ? 422 : 400, code: error.code, error.message, field: field)
        }
    }

    private static func obeyed(_ body: () async throws(CallCommandError) -> Void) async throws(Problem) {
        do throws(CallCommandError) {
            try await body()
        } catch {
            switch error {
            case .carrier(let error):
                throw Problem(error == .notConfigured ? 409 : 502, code: error.code, error.message)
            case .store(let error):
                throw Problem(503, code: error.code, error.message, headers: ["Retry-After": "1"])
            case .notLive, .elsewhere, .over: throw Problem(409, code: error.code, error.message)
            }
        }
    }
}
