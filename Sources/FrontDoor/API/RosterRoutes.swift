public import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import Wording

/// `/v1/agents` and `/v1/numbers`: who answers which call. What is changed holds for the next call.
public struct RosterRoutes: Sendable {
    private static let agent = PathParameter<String>.text("agent")
    /// With its plus sign or without, which some clients take for a blank.
    static let number = PathParameter<String>("number") { text in
        guard (1...32).contains(text.utf8.count) else { return nil }
        return text.hasPrefix("+") ? text : "+\(text.hasPrefix(" ") ? String(text.dropFirst()) : text)"
    }

    private let entry: APIGuard
    private let roster: any RosterKeeping

    public init(_ entry: APIGuard, roster: any RosterKeeping) {
        self.entry = entry
        self.roster = roster
    }

    public func add(to router: inout Router) {
        addAgents(to: &router)
        addNumbers(to: &router)
    }

    private func on(
        _ method: String, _ path: RoutePath, _ router: inout Router,
        _ answer: @escaping @Sendable (RouteRequest) async throws -> HTTPResponse
    ) {
        router.on(method, path) { request in
            try entry.check(request)
            return try await answer(request)
        }
    }

    // MARK: agents

    private func addAgents(to router: inout Router) {
        let one: RoutePath = "/v1/agents/\(Self.agent)"
        on("GET", "/v1/agents", &router) { request in
            try await page(request) { $0.agents.map { ($0.id, $0.json) } }
        }
        on("POST", "/v1/agents", &router) { request in
            let agent = try Self.allowed { () throws(RosterRefusal) in try Agent(checking: try Self.body(request)) }
            return try await created(.addAgent(agent), at: "/v1/agents/\(agent.id)") { $0.agent(agent.id)?.json }
        }
        on("GET", one, &router) { request in
            let id = request[Self.agent]
            guard let agent = try await known().agent(id) else { throw Problem(RosterRefusal.noAgent(id)) }
            return APIAnswers.answer(.object(agent.json))
        }
        on("PUT", one, &router) { request in
            let id = request[Self.agent]
            let agent = try Self.allowed { () throws(RosterRefusal) in
                try Agent(checking: try Self.body(request), keeping: id)
            }
            return try await changed(.replaceAgent(agent)) { $0.agent(id)?.json }
        }
        on("PATCH", one, &router) { request in
            let id = request[Self.agent]
            let patch = try Self.allowed { () throws(RosterRefusal) in try Self.body(request) }
            return try await changed(.patchAgent(id, patch)) { $0.agent(id)?.json }
        }
        on("DELETE", one, &router) { request in
            _ = try await change(.removeAgent(request[Self.agent]))
            return HTTPResponse(status: 204)
        }
    }

    // MARK: numbers

    private func addNumbers(to router: inout Router) {
        let one: RoutePath = "/v1/numbers/\(Self.number)"
        on("GET", "/v1/numbers", &router) { request in
            try await page(request) { $0.numbers.map { ($0.number.unmasked, $0.json) } }
        }
        on("POST", "/v1/numbers", &router) { request in
            let number = try Self.allowed { () throws(RosterRefusal) in
                try NumberEntry(checking: try Self.body(request))
            }
            let text = number.number.unmasked
            return try await created(.addNumber(number), at: "/v1/numbers/\(text)") { $0.number(text)?.json }
        }
        on("GET", one, &router) { request in
            let text = request[Self.number]
            guard let number = try await known().number(text) else { throw Problem(RosterRefusal.noNumber(text)) }
            return APIAnswers.answer(.object(number.json))
        }
        on("PUT", one, &router) { request in
            let text = request[Self.number]
            let number = try Self.allowed { () throws(RosterRefusal) in
                try NumberEntry(checking: try Self.body(request), keeping: text)
            }
            return try await changed(.replaceNumber(number)) { $0.number(text)?.json }
        }
        on("PATCH", one, &router) { request in
            let text = request[Self.number]
            let patch = try Self.allowed { () throws(RosterRefusal) in try Self.body(request) }
            return try await changed(.patchNumber(text, patch)) { $0.number(text)?.json }
        }
        on("DELETE", one, &router) { request in
            _ = try await change(.removeNumber(request[Self.number]))
            return HTTPResponse(status: 204)
        }
    }

    // MARK: what they have in common

    private func known() async throws(Problem) -> Roster {
        try await APIAnswers.ask { () throws(CallStoreError) in try await roster.roster() }
    }

    /// In the order of their names, so that what comes and goes moves nothing from one page to another.
    private func page(
        _ request: RouteRequest, _ entries: (Roster) -> [(name: String, json: JSONObject)]
    ) async throws(Problem) -> HTTPResponse {
        let query = try request.query()
        let limit = try APIAnswers.limit(of: query)
        let after = query["cursor"] ?? ""
        let sorted = entries(try await known()).filter { after < $0.name }.sorted { $0.name < $1.name }
        let page = sorted.prefix(limit)
        return APIAnswers.answer(
            APIAnswers.items(page.map(\.json), next: sorted.count > limit ? page.last?.name : nil))
    }

    private func change(_ change: RosterChange) async throws(Problem) -> Roster {
        let result = try await APIAnswers.ask { () throws(CallStoreError) in try await roster.change(change) }
        return try Self.allowed { () throws(RosterRefusal) in try result.get() }
    }

    private func changed(
        _ change: RosterChange, _ entry: (Roster) -> JSONObject?
    ) async throws(Problem) -> HTTPResponse {
        let roster = try await self.change(change)
        return APIAnswers.answer(entry(roster).map { .object($0) } ?? .null)
    }

    private func created(
        _ change: RosterChange, at path: String, _ entry: (Roster) -> JSONObject?
    ) async throws(Problem) -> HTTPResponse {
        var response = try await changed(change, entry)
        response.status = 201
        response.headers.append("Location", path)
        return response
    }

    private static func body(_ request: RouteRequest) throws(RosterRefusal) -> JSONObject {
        do throws(JSONError) {
            return try JSONObject(parsing: request.body.span)
        } catch {
            throw .invalid(error)
        }
    }

    private static func allowed<Value>(_ body: () throws(RosterRefusal) -> Value) throws(Problem) -> Value {
        do throws(RosterRefusal) {
            return try body()
        } catch {
            throw Problem(error)
        }
    }
}

extension Problem {
    init(_ refusal: RosterRefusal) {
        let status =
            switch refusal {
            case .noAgent, .noNumber: 404
            case .agentTaken, .numberTaken, .agentInUse, .full: 409
            case .invalid(let error): error.isShape ? 422 : 400
            case .unknownAgent, .unknownMember, .renamed: 422
            }
        self.init(status, code: refusal.code, refusal.message, field: refusal.field)
    }
}
