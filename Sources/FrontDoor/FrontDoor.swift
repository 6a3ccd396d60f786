public import HTTPLoop
public import HTTPWire
public import SocketLoop
public import Telemetry
internal import Timeline
internal import Wording

/// Answers every request that comes in: by its route, or with a problem. Each answer carries the request's id.
public struct FrontDoor: HTTPService {
    private let router: Router
    private let logger: Logger
    private let errors: ErrorSink
    private let answers: AnswerCounts

    public init(_ router: Router, logger: Logger, errors: ErrorSink, registry: MetricsRegistry) {
        self.router = router
        self.logger = logger.component("http")
        self.errors = errors
        answers = AnswerCounts(registry)
    }

    // MARK: on the loop

    public func answer(
        _ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream
    ) -> HTTPAnswer {
        let id = RequestID(of: request.headers)
        guard let segments = RoutePath.segments(of: request.path) else { return refuse(.malformedPath, id) }
        switch router.find(request.method, segments) {
        case .notFound: return refuse(.notFound, id)
        case .notAllowed(let methods): return refuse(.methodNotAllowed(methods), id)
        case .action(let action, let values):
            return carryOut(action, RouteRequest.Brief(head: request, id: id, values: values), upgrade, stream)
        }
    }

    public func answer(refusing request: RequestHead?, _ refusal: HTTPRefusal, on stream: ByteStream) -> HTTPResponse {
        let id = RequestID(of: request?.headers)
        logger.debug(
            refusal.code, refusal.message,
            ["request_id": .string(id.description), "peer": .string(stream.peer.description)])
        return sealed(Problem(refusal).response(id), id)
    }

    private func refuse(_ problem: Problem, _ id: RequestID) -> HTTPAnswer {
        .respond(sealed(problem.response(id), id))
    }

    private func carryOut(
        _ action: Router.Action, _ brief: RouteRequest.Brief, _ upgrade: WebSocketUpgrade.Acceptance?,
        _ stream: ByteStream
    ) -> HTTPAnswer {
        switch action {
        case .atOnce(let answer): return .respond(sealed(answer(brief), brief.id))
        case .upgrade(let open):
            guard upgrade != nil else { return refuse(Problem(HTTPRefusal(.upgradeRequired)), brief.id) }
            do throws(Problem) {
                var answer = try open(brief, stream)
                answer.headers.append(RequestID.header, brief.id.description)
                answers.count(101)
                return .upgrade(answer)
            } catch {
                return refuse(error, brief.id)
            }
        case .handle(let bodyLimit, let limit, let handler):
            return .handle(
                HTTPHandling(bodyLimit: bodyLimit, limit: limit) { http in await serve(http, brief, handler) })
        }
    }

    // MARK: away from it

    /// Answers a whole request that came by no connection; nil where its route needs one.
    package func respond(to http: HTTPRequest) async -> HTTPReply? {
        let id = RequestID(of: http.head.headers)
        guard let segments = RoutePath.segments(of: http.head.path) else { return nil }
        guard case .action(.handle(_, _, let handler), let values) = router.find(http.head.method, segments) else {
            return nil
        }
        return await serve(http, RouteRequest.Brief(head: http.head, id: id, values: values), handler)
    }

    private func serve(
        _ http: HTTPRequest, _ brief: RouteRequest.Brief, _ handler: Router.Handler
    ) async -> HTTPReply {
        let logger = logger.with(["request_id": .string(brief.id.description)])
        let reply: HTTPReply
        do {
            reply = try await handler(RouteRequest(brief: brief, http: http, logger: logger))
        } catch let problem as Problem {
            reply = .whole(problem.response(brief.id))
        } catch {
            // What the client gave up on, or what took too long, is no fault of the handler.
            if !Task.isCancelled { report(error, http.head, logger) }
            reply = .whole(Problem.internalError.response(brief.id))
        }
        let answer = sealed(reply, brief.id)
        logger.debug(
            "http.answered", "A request was answered.",
            [
                "method": .peer(PeerText(http.head.method)), "path": .peer(PeerText(http.head.path)),
                "status": .integer(answer.status),
                "took": .duration(http.arrived.duration(to: SystemClock.now())),
            ])
        return answer
    }

    private func report(_ error: any Error, _ head: RequestHead, _ logger: Logger) {
        let kind = String(describing: type(of: error))
        logger.error(
            "http.request_failed", "A request got no proper answer.",
            [
                "method": .peer(PeerText(head.method)), "path": .peer(PeerText(head.path)), "kind": .string(kind),
                "error": .peer(PeerText(String(describing: error))),
            ])
        errors.report(
            ErrorReport(
                code: "http.handler_failed", component: "http",
                message: "A request's handler failed (\(kind)). The log tells more under the request's id."))
    }

    private func sealed(_ reply: HTTPReply, _ id: RequestID) -> HTTPReply {
        switch reply {
        case .whole(let response): return .whole(sealed(response, id))
        case .streamed(var stream):
            answers.count(stream.status)
            stream.headers.append(RequestID.header, id.description)
            return .streamed(stream)
        }
    }

    private func sealed(_ response: HTTPResponse, _ id: RequestID) -> HTTPResponse {
        answers.count(response.status)
        var response = response
        response.headers.append(RequestID.header, id.description)
        return response
    }
}

extension HTTPReply {
    fileprivate var status: Int {
        switch self {
        case .whole(let response): response.status
        case .streamed(let stream): stream.status
        }
    }
}

/// Counts answers by the hundred of their status.
private struct AnswerCounts: Sendable {
    private let counters: [Counter]

    init(_ registry: MetricsRegistry) {
        counters = (1...5).map { registry.counter(.httpAnswers, "\($0)xx") }
    }

    func count(_ status: Int) {
        counters[min(max(status / 100, 1), 5) - 1].increment()
    }
}
