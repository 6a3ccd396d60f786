public import Addresses
public import HTTPLoop
public import HTTPWire
public import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline

/// The carrier's REST API to practise with. A call that is created here really rings: its callbacks are told, its document
/// is asked for, its stream is opened.
public final class PracticeCarrier: HTTPService {
    public struct Options: Sendable {
        /// Whose calls and numbers these are; nil takes any account.
        public var account: String?
        /// Signs what is sent, and lets requests in. Nil: nothing is signed, and nobody is asked.
        public var token: String?
        public var apiKey: (id: String, secret: String)?
        public var numbers: [CarrierNumber] = []
        public var callee = Callee()
        /// Those who are not as all others.
        public var callees: [String: Callee] = [:]
        public var faults: [CarrierFault] = []
        /// Calls that begin in a second, the others wait; zero is no limit.
        public var callsPerSecond = 1.0
        /// Where the bridge is dialled when it names this address of itself.
        public var publicURL: WebURL?
        public var bridge: WebURL?
        public var seed: UInt64 = 0

        public init() {}
    }

    /// What makes calls ring; nil where they are made otherwise.
    struct Exchange: Sendable {
        let group: LoopGroup
        let clients: [HTTPClient]
        let tls: TLSClientContext?
    }

    struct State {
        var numbers: [CarrierNumber]
        /// How often each fault has struck.
        var struck: [CarrierFault: Int] = [:]
        var dialled = 0
        var nextSlot = Instant.zero
    }

    public static let pathPrefix = "/2010-04-01/"

    let options: Options
    let calls: CarrierCalls
    let exchange: Exchange?
    let state: Mutex<State>
    private let reporting: @Sendable (CarrierLine) -> Void

    /// - Parameter reporting: told what is asked and what becomes of calls, on any thread.
    public convenience init(
        options: Options, on group: LoopGroup, tls: TLSClientContext?,
        reporting: @escaping @Sendable (CarrierLine) -> Void
    ) {
        let clients = group.loops.map { HTTPClient(on: $0, tls: tls) }
        self.init(
            options: options, calls: CarrierCalls(), exchange: Exchange(group: group, clients: clients, tls: tls),
            reporting: reporting)
    }

    init(
        options: Options, calls: CarrierCalls, exchange: Exchange? = nil,
        reporting: @escaping @Sendable (CarrierLine) -> Void = { _ in }
    ) {
        self.options = options
        self.calls = calls
        self.exchange = exchange
        self.reporting = reporting
        state = Mutex(State(numbers: options.numbers))
    }

    func report(_ event: String, _ members: [(String, String)]) {
        reporting(CarrierLine(at: SystemClock.utc(), event: event, members: members))
    }

    // MARK: requests

    public func answer(
        _ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream
    ) -> HTTPAnswer {
        let stream = LoopBound(stream, on: stream.loop.executor)
        return .handle(
            HTTPHandling(limit: Self.longest) { [self] request in .whole(await answer(request, on: stream)) })
    }

    /// What is never answered is let go with its connection, or after this.
    private static let longest = Duration.seconds(600)

    private func answer(_ request: HTTPRequest, on stream: LoopBound<ByteStream>) async -> HTTPResponse {
        var fault: CarrierFault?
        let response: HTTPResponse
        do throws(CarrierRefusal) {
            let order = try CarrierOrder(request.head)
            try authenticate(request.head, account: order.account)
            let form = try Self.form(of: request)
            fault = strike(order, form)
            guard let instead = await misbehave(fault?.kind, on: stream) else {
                report(order, request, form, fault)
                response = try await carryOut(order, request, form)
                await misbehave(after: fault?.kind, on: stream)
                return response
            }
            report(order, request, form, fault)
            return instead
        } catch {
            report(
                "rest.refused",
                [
                    ("path", String(request.head.path)), ("status", String(error.status)), ("code", String(error.code)),
                ])
            return error.response
        }
    }

    private func report(
        _ order: CarrierOrder, _ request: HTTPRequest, _ form: CarrierForm, _ fault: CarrierFault?
    ) {
        report(
            "rest.asked",
            [
                ("operation", order.operation.rawValue), ("method", request.head.method),
                ("path", String(request.head.path)), ("body", String(decoding: form.encoded, as: UTF8.self)),
                ("fault", fault?.text ?? ""),
            ])
    }

    private static func form(of request: HTTPRequest) throws(CarrierRefusal) -> CarrierForm {
        guard let form = CarrierForm(encoded: request.body) else { throw .parameter("The body is not a form") }
        return form
    }

    private func authenticate(_ head: RequestHead, account: String) throws(CarrierRefusal) {
        if let known = options.account, known != account { throw .wrongCredentials }
        guard let token = options.token else { return }
        var pairs = ["\(account):\(token)"]
        if let key = options.apiKey { pairs.append("\(key.id):\(key.secret)") }
        let given = head.headers["Authorization"]
        guard pairs.contains(where: { "Basic \(Base64.encode($0.utf8))" == given }) else { throw .wrongCredentials }
    }

    // MARK: faults

    /// The first fault that holds for this request, counted.
    private func strike(_ order: CarrierOrder, _ form: CarrierForm) -> CarrierFault? {
        var party = form["To"]
        if case .call(let id) = order.subject { party = calls.call(id)?.setting.to }
        let own = party.flatMap { options.callees[$0]?.faults } ?? []
        return state.withLock { state in
            for fault in own + options.faults {
                if case .callbacks = fault.kind { continue }
                guard fault.operation ?? order.operation == order.operation else { continue }
                let struck = state.struck[fault, default: 0]
                guard struck < fault.times ?? .max else { continue }
                state.struck[fault] = struck + 1
                return fault
            }
            return nil
        }
    }

    /// Before anything is done. Nil: it is done all the same.
    private func misbehave(_ fault: CarrierFault.Kind?, on stream: LoopBound<ByteStream>) async -> HTTPResponse? {
        switch fault {
        case .status(let status): return CarrierRefusal.usual(status).response
        case .html(let status):
            let page = "<html><head><title>\(status) Bad Gateway</title></head><body>nginx</body></html>"
            return HTTPResponse(status: status, headers: ["Content-Type": "text/html"], body: Array(page.utf8))
        case .hang: return await silence()
        case .reset: return await reset(stream)
        case nil, .lostAnswer, .mute, .late, .callbacks: return nil
        }
    }

    private func misbehave(after fault: CarrierFault.Kind?, on stream: LoopBound<ByteStream>) async {
        switch fault {
        case .lostAnswer: _ = await reset(stream)
        case .mute: _ = await silence()
        case .late(let delay): try? await Task.sleep(for: delay)
        case nil, .status, .html, .hang, .reset, .callbacks: break
        }
    }

    /// Nobody hears what is answered then.
    private func silence() async -> HTTPResponse {
        try? await Task.sleep(for: Self.longest)
        return CarrierRefusal.usual(503).response
    }

    private func reset(_ stream: LoopBound<ByteStream>) async -> HTTPResponse {
        await withCheckedContinuation { continuation in
            let isTold = stream.onLoop { stream in
                stream.kill(reset: true)
                continuation.resume()
            }
            if !isTold { continuation.resume() }
        }
        return CarrierRefusal.usual(503).response
    }
}
