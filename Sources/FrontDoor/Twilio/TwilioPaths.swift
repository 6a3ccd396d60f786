public import CallCore
internal import CarrierWire
internal import HTTPLoop
internal import HTTPWire
public import Telemetry
public import Timeline
public import Wording

/// Everything under `/twilio`: the webhooks and the media socket.
public struct TwilioPaths: Sendable {
    public struct Settings: Sendable {
        /// Signs the tokens of streams.
        public var secret: Secret
        public var tokenLifetime = StreamToken.usualLifetime
        /// Zero is no limit, as with the others.
        public var callsPerSecond = 200
        public var callsPerCallerPerMinute = 30
        public var unstartedPerAddress = 100
        /// What callers get who cannot be taken, where their agent has nothing for it.
        public var fallback = Agent.Fallback()
        /// Between pings on the media socket, and how long it may be silent.
        public var heartbeat = Duration.seconds(5)
        public var silence = Duration.seconds(15)

        public init(secret: Secret) {
            self.secret = secret
        }
    }

    /// Whom the paths need.
    public struct House: Sendable {
        public var host: any CallHost
        public var store: any CallStoring
        /// Of all calls of the process.
        public var ids: CallIDSource
        /// As it is now; asked for each call.
        public var agents: @Sendable () -> AgentDirectory
        public var node: String
        public var errors: ErrorSink
        public var registry: MetricsRegistry
        /// Rates count by it.
        public var now: @Sendable () -> Instant
        public var utc: @Sendable () -> UTCTime = { SystemClock.utc() }
        /// Where that runs which an answer does not wait for; nil for the global pool.
        public var executor: (any TaskExecutor)?
        public var wait: @Sendable (_ pause: Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        public var random: @Sendable () -> any RandomNumberGenerator & Sendable = { SystemRandomNumberGenerator() }

        public init(
            host: any CallHost, store: any CallStoring, ids: CallIDSource,
            agents: @escaping @Sendable () -> AgentDirectory, node: String, errors: ErrorSink,
            registry: MetricsRegistry, now: @escaping @Sendable () -> Instant = SystemClock.now
        ) {
            self.host = host
            self.store = store
            self.ids = ids
            self.agents = agents
            self.node = node
            self.errors = errors
            self.registry = registry
            self.now = now
        }
    }

    /// What others may take of the 200 ms in which a webhook is answered.
    private static let patience = Duration.milliseconds(140)

    /// As events name it.
    static let component = "carrier"

    let settings: Settings
    let house: House
    let address: PublicAddress
    let access: CarrierAccess
    let callers: SourceLimit<String>
    let media: MediaEntrance

    public init(_ settings: Settings, house: House, address: PublicAddress, proof: CarrierAccess.Proof) {
        self.settings = settings
        self.house = house
        self.address = address
        access = CarrierAccess(proof, at: address)
        callers = SourceLimit(TokenBucket(rate: settings.callsPerCallerPerMinute, per: .seconds(60)))
        media = MediaEntrance(settings, house: house, address: address)
    }

    /// Nothing behind the path but a slash, which the carrier may put there.
    private static let lastSlash = PathParameter<String>("last slash") { $0.isEmpty ? $0 : nil }

    public func add(to router: inout Router) {
        add("/twilio/voice", to: &router) { call in try await voice(call) }
        add("/twilio/status", to: &router) { call in try await status(call) }
        add("/twilio/stream-status", to: &router) { call in try streamStatus(call) }
        add("/twilio/connect-ended", to: &router) { call in try await connectEnded(call) }
        router.upgrade("/twilio/media") { brief, stream throws(Problem) in
            try media.open(brief, stream, as: .twilio, access.checkUpgrade)
        }
        router.upgrade("/twilio/media/\(Self.lastSlash)") { brief, stream throws(Problem) in
            try media.open(brief, stream, as: .twilio, access.checkUpgrade)
        }
    }

    // MARK: what all webhooks have in common

    /// A webhook that is the carrier's.
    struct Webhook: Sendable {
        let request: RouteRequest
        let visitor: Visitor
        let form: WebForm
        let now: UTCTime
        /// The caller, or the carrier, is not kept waiting for longer.
        let answerBy: Instant

        /// Which call of ours it is of: we said so in the address that the carrier was to ask.
        var ordered: CallID? { (try? request.query())?["call"].flatMap { CallID($0) } }
    }

    /// What a webhook came to, as the metric tells it.
    enum Outcome: String {
        case taken
        case duplicate
        case outOfOrder = "out_of_order"
        /// The caller is turned away.
        case rejected
        /// Not the carrier's, or not readable.
        case refused
        case failed
    }

    private func add(
        _ path: String, to router: inout Router,
        _ answer: @escaping @Sendable (Webhook) async throws -> (HTTPResponse, Outcome)
    ) {
        router.on("POST", RoutePath(stringLiteral: path)) { request in
            do {
                let (response, outcome) = try await answer(try webhook(request))
                count(path, outcome)
                return response
            } catch let problem as Problem {
                count(path, problem.status < 500 ? .refused : .failed)
                if problem.status == 403 { reject("signature") }
                throw problem
            } catch {
                count(path, .failed)
                throw error
            }
        }
    }

    private func webhook(_ request: RouteRequest) throws(Problem) -> Webhook {
        let type = request.http.head.headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == nil || type == TwilioRequest.contentType else {
            throw Problem(415, code: "carrier.not_a_form", "This path takes \(TwilioRequest.contentType) alone.")
        }
        let form = try Self.read { () throws(CarrierError) in try WebForm(parsing: request.body.span) }
        let visitor = Visitor(request.http)
        try access.check(visitor, form: form)
        return Webhook(
            request: request, visitor: visitor, form: form, now: house.utc(),
            answerBy: house.now().advanced(by: Self.patience))
    }

    /// What cannot be read is the sender's mistake.
    static func read<Value>(_ body: () throws(CarrierError) -> Value) throws(Problem) -> Value {
        do throws(CarrierError) {
            return try body()
        } catch {
            throw Problem(400, code: error.code, error.message)
        }
    }

    func count(_ path: String, _ outcome: Outcome) {
        house.registry.counter(.webhooks, path, outcome.rawValue).increment()
    }

    func reject(_ reason: String) {
        house.registry.counter(.rejected, reason).increment()
    }

    /// Tells an operator of something that went wrong with a call.
    func report(_ code: String, _ message: String, call: String, agent: String? = nil) {
        house.errors.report(
            ErrorReport(
                code: code, component: "carrier", message: message, context: ErrorContext(call: call, agent: agent)))
    }

    /// An answer that the carrier plays to a caller. What cannot be said becomes an apology: the caller must not hear the
    /// carrier's own words for a broken answer.
    func heard(
        _ twiml: TwiML, _ outcome: Outcome, call: String, agent: String? = nil
    ) -> (HTTPResponse, Outcome) {
        do throws(CarrierError) {
            return (Self.response(try twiml.document()), outcome)
        } catch {
            report(error.code, error.message, call: call, agent: agent)
            return (Self.response(Self.apologyDocument), .failed)
        }
    }

    static let apology = "Sorry, we have a technical problem. Please call again later."
    private static let apologyDocument =
        (try? TwiML([.say(apology), .hangup]).document()) ?? Array("<Response></Response>".utf8)

    private static func response(_ document: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: ["Content-Type": TwiML.contentType, "Cache-Control": "no-store"], body: document)
    }
}
