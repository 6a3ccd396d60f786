public import CallCore
internal import HTTPLoop
internal import JSONWire
internal import Telemetry

/// `/v1/errors`: what went wrong in the house, and what of it has been dealt with.
public struct ErrorRoutes: Sendable {
    private static let error = PathParameter<String>.text("error")

    private let entry: APIGuard
    private let errors: any ErrorKeeping

    public init(_ entry: APIGuard, errors: any ErrorKeeping) {
        self.entry = entry
        self.errors = errors
    }

    public func add(to router: inout Router) {
        router.on("GET", "/v1/errors", bodyLimit: 0) { request in
            try entry.check(request)
            return APIAnswers.answer(try await list(try request.query()))
        }
        router.on("PATCH", "/v1/errors/\(Self.error)") { request in
            try entry.check(request)
            return APIAnswers.answer(try await resolve(request[Self.error], try Self.resolved(request)))
        }
    }

    private func list(_ query: QueryItems) async throws(Problem) -> JSONValue {
        let filter = ErrorFilter(
            isResolved: try APIAnswers.value("resolved", of: query) { Bool($0) },
            severity: try APIAnswers.value("severity", of: query) { ErrorSeverity(rawValue: $0)?.rawValue },
            component: query["component"].flatMap { $0.isEmpty ? nil : $0 })
        let request = ErrorPage.Request(
            after: try APIAnswers.value("cursor", of: query) { ErrorPage.Cursor($0) },
            limit: try APIAnswers.limit(of: query))
        let page = try await APIAnswers.ask { () throws(CallStoreError) in
            try await errors.errors(matching: filter, page: request)
        }
        return APIAnswers.items(page.errors.map(\.json), next: page.next?.description)
    }

    private func resolve(_ id: String, _ isResolved: Bool) async throws(Problem) -> JSONValue {
        let error = try await APIAnswers.ask { () throws(CallStoreError) in try await errors.resolve(id, isResolved) }
        guard let error else { throw Problem(404, code: "error.not_found", "There is no error of this id.") }
        return .object(error.json)
    }

    private static func resolved(_ request: RouteRequest) throws(Problem) -> Bool {
        do throws(JSONError) {
            return try JSONObject(parsing: request.body.span).bool("resolved")
        } catch {
            throw Problem(error.isShape ? 422 : 400, code: error.code, error.message, field: "resolved")
        }
    }
}
