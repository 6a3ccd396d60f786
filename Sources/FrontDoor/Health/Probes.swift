internal import HTTPLoop
internal import HTTPWire
public import Telemetry
public import Timeline
internal import Wording

/// The endpoints that tell orchestrators and people how the node is. All but the metrics are answered on the loop, from
/// atomics and short reads, so that they answer while everything else is busy.
public struct Probes: Sendable {
    private let phase: NodePhase
    private let loops: LoopWatch
    private let health: HealthRegistry
    private let registry: MetricsRegistry
    private let node: @Sendable (Instant) -> NodeReading

    /// - Parameter node: What else the node says of itself. Must neither wait nor touch disk or network.
    public init(
        phase: NodePhase, loops: LoopWatch, health: HealthRegistry, registry: MetricsRegistry,
        node: @escaping @Sendable (_ now: Instant) -> NodeReading = { _ in NodeReading() }
    ) {
        self.phase = phase
        self.loops = loops
        self.health = health
        self.registry = registry
        self.node = node
    }

    public func add(to router: inout Router) {
        router.atOnce("/livez") { _ in live(at: SystemClock.now()) }
        router.atOnce("/readyz") { request in ready(request, at: SystemClock.now()) }
        router.atOnce("/startupz") { _ in started() }
        router.atOnce("/healthz") { _ in healthDocument(at: SystemClock.now()) }
        // Rendering takes milliseconds when there are many series: too long for a loop that carries media.
        router.on("GET", "/metrics", bodyLimit: 0) { _ in metrics() }
    }

    private func live(at now: Instant) -> HTTPResponse {
        let stuck = loops.stuck(at: now)
        return stuck.isEmpty ? .probe(200, "ok") : .probe(503, LoopWatch.words(stuck))
    }

    private func started() -> HTTPResponse {
        phase.now > .starting ? .probe(200, "ok") : .probe(503, "starting")
    }

    private func ready(_ request: RouteRequest.Brief, at now: Instant) -> HTTPResponse {
        let phase = phase.now
        let report = health.report(at: now)
        let node = node(now)
        let isReady = phase == .serving && report.canServe && !node.isFull
        let status = isReady ? 200 : 503
        let verdict =
            switch phase {
            case .starting: "starting"
            case .draining: "draining"
            case .serving: isReady ? "ok" : report.canServe ? "full" : "not ready"
            }
        // A query that makes no sense asks for nothing: an orchestrator's probe shall not fail for that.
        guard let query = try? request.query(), query.contains("verbose") else { return .probe(status, verdict) }
        let rows = report.rows.filter(\.isNeededToServe)
        let lines =
            ["\(phase == .serving ? "[+]" : "[-]")phase \(phase)\(node.drain.map { ", \($0.words)" } ?? "")"]
            + (node.isFull ? ["[-]capacity full"] : [])
            + rows.map { "\($0.fails ? "[-]" : "[+]")\($0.name) \($0.health.lastErrorWhileFailing ?? "ok")" }
        return .probe(status, (lines + [verdict]).joined(separator: "\n"))
    }

    private func healthDocument(at now: Instant) -> HTTPResponse {
        let report = health.report(at: now)
        return .json(report.overall == .failing ? 503 : 200, headers: .uncached) { json in
            json.object { json in
                json.key("status")
                json.string(report.overall.rawValue)
                if let drain = node(now).drain { drain.write(to: &json) }
                json.key("components")
                json.array { json in
                    for row in report.rows { row.write(to: &json) }
                }
            }
        }
    }

    private func metrics() -> HTTPResponse {
        var headers: Headers = ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"]
        headers.append(contentsOf: .uncached)
        return HTTPResponse(status: 200, headers: headers, body: Array(registry.exposition().utf8))
    }
}

extension Headers {
    fileprivate static let uncached: Headers = ["Cache-Control": "no-store"]
}

extension HTTPResponse {
    fileprivate static func probe(_ status: Int, _ text: String) -> HTTPResponse {
        .text(status, text, headers: .uncached)
    }
}

extension ComponentHealth {
    fileprivate var lastErrorWhileFailing: String? {
        status == .failing ? lastError ?? "failing" : nil
    }
}

extension HealthReport.Row {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            func member(_ name: String, _ value: String?) {
                json.key(name)
                if let value { json.string(value) } else { json.null() }
            }
            func seconds(_ name: String, _ value: Duration?) {
                json.key(name)
                if let value { json.number((value.inSeconds * 1e6).rounded() / 1e6) } else { json.null() }
            }
            member("name", name)
            member("status", health.status.rawValue)
            json.key("critical")
            json.bool(isCritical)
            seconds("latency_s", health.latency)
            member("last_success", health.lastSuccess?.description)
            member("last_error", health.lastError)
            member("last_error_code", health.lastErrorCode)
            member("breaker", health.breaker?.rawValue)
            seconds("age_s", health.age)
            guard let queue = health.queue else { return }
            json.key("queue")
            json.object { json in
                json.key("waiting")
                json.integer(queue.waiting)
                json.key("active")
                json.integer(queue.active)
                json.key("overdue_s")
                if let overdue = queue.overdue { json.number(overdue.inSeconds) } else { json.null() }
            }
        }
    }
}

extension NodeReading.Drain {
    /// `3 calls, 42 s left`.
    fileprivate var words: String {
        let items = waitsFor.filter { $0.count > 0 }.map { "\($0.count) \($0.name)" }
        let time = left.map { ["\(Int($0.inSeconds.rounded(.up))) s left"] } ?? []
        return (items + time).joined(separator: ", ")
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.key("drain")
        json.object { json in
            json.key("seconds_left")
            if let left { json.number((left.inSeconds * 10).rounded() / 10) } else { json.null() }
            for item in waitsFor {
                json.key(item.name)
                json.integer(item.count)
            }
        }
    }
}
