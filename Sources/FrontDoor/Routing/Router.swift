public import HTTPLoop
public import SocketLoop

/// Finds what answers a request, by path and method. Built before the server starts, then never changed.
public struct Router: Sendable {
    public typealias Handler = @Sendable (RouteRequest) async throws -> HTTPReply
    /// Answers on the loop at once: for what must be answered even when nothing else runs.
    public typealias AtOnce = @Sendable (RouteRequest.Brief) -> HTTPResponse
    public typealias Upgrade = @Sendable (RouteRequest.Brief, ByteStream) throws(Problem) -> UpgradeAnswer

    enum Action: Sendable {
        case handle(bodyLimit: Int, limit: Duration, Handler)
        case atOnce(AtOnce)
        case upgrade(Upgrade)
    }

    enum Found: Sendable {
        case action(Action, values: [String: any Sendable])
        case notFound
        case notAllowed([String])
    }

    private var root = RouteNode()

    public init() {}

    /// Answers away from the loops. GET answers HEAD as well.
    public mutating func on(
        _ method: String, _ path: RoutePath, bodyLimit: Int = HTTPHandling.usualBodyLimit,
        limit: Duration = HTTPHandling.usualLimit,
        _ handler: @escaping @Sendable (RouteRequest) async throws -> HTTPResponse
    ) {
        add(method, path, .handle(bodyLimit: bodyLimit, limit: limit) { .whole(try await handler($0)) })
    }

    /// Answers GET with a body that comes bit by bit.
    public mutating func stream(
        _ path: RoutePath, _ handler: @escaping @Sendable (RouteRequest) async throws -> HTTPStream
    ) {
        let limit = HTTPHandling.usualLimit
        add("GET", path, .handle(bodyLimit: 0, limit: limit) { .streamed(try await handler($0)) })
    }

    /// Answers GET on the loop.
    public mutating func atOnce(_ path: RoutePath, _ answer: @escaping AtOnce) {
        add("GET", path, .atOnce(answer))
    }

    /// Opens WebSockets.
    public mutating func upgrade(_ path: RoutePath, _ open: @escaping Upgrade) {
        add("GET", path, .upgrade(open))
    }

    private mutating func add(_ method: String, _ path: RoutePath, _ action: Action) {
        root.add(path.segments[...], method, action)
    }

    func find(_ method: String, _ segments: [String]) -> Found {
        var values: [String: any Sendable] = [:]
        guard let actions = root.find(segments[...], &values) else { return .notFound }
        if let action = actions[method] { return .action(action, values: values) }
        if method == "HEAD", let action = actions["GET"] { return .action(action, values: values) }
        let allowed = Set(actions.keys).union(actions["GET"] == nil ? [] : ["HEAD"])
        return .notAllowed(allowed.sorted())
    }
}

/// A step of a path, with what stands below it.
private struct RouteNode: Sendable {
    private struct Parameter: Sendable {
        let name: String
        let read: @Sendable (String) -> (any Sendable)?
        var node: RouteNode
    }

    private var actions: [String: Router.Action] = [:]
    private var literals: [String: RouteNode] = [:]
    private var parameters: [Parameter] = []

    mutating func add(_ path: ArraySlice<RoutePath.Segment>, _ method: String, _ action: Router.Action) {
        switch path.first {
        case nil:
            precondition(actions[method] == nil, "two routes at one place")
            actions[method] = action
        case .literal(let text):
            literals[text, default: RouteNode()].add(path.dropFirst(), method, action)
        case .parameter(let name, let read):
            // A parameter's name stands for its type: whoever shares a name shares the parameter.
            let known = parameters.firstIndex { $0.name == name }
            if known == nil { parameters.append(Parameter(name: name, read: read, node: RouteNode())) }
            parameters[known ?? parameters.count - 1].node.add(path.dropFirst(), method, action)
        }
    }

    /// What is written out goes before what varies.
    func find(_ path: ArraySlice<String>, _ values: inout [String: any Sendable]) -> [String: Router.Action]? {
        guard let segment = path.first else { return actions.isEmpty ? nil : actions }
        let rest = path.dropFirst()
        if let found = literals[segment]?.find(rest, &values) { return found }
        for parameter in parameters {
            guard let value = parameter.read(segment), let found = parameter.node.find(rest, &values) else { continue }
            values[parameter.name] = value
            return found
        }
        return nil
    }
}
