internal import Addresses
internal import CallCore
internal import CallRuntime
internal import CarrierClient
internal import CarrierWire
internal import Commands
internal import Configuration
internal import FrontDoor
internal import Glibc
internal import HTTPLoop
internal import JSONWire
internal import SocketLoop
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

/// Everything that calls need, wired from the settings: agents, upstreams, the store, the carrier, and their paths.
struct CallWiring {
    let switchboard: Switchboard
    let sweeper: Sweeper
    /// Stands before all of `/v1`.
    let entry: APIGuard
    let book: AgentBook
    private let elevenLabs: ElevenLabsProvider?
    private let paths: TwilioPaths
    private let telnyx: TelnyxPaths
    private let routes: CallRoutes
    private let errorRoutes: ErrorRoutes?
    private let roster: RosterRoutes
    private let numberCheck: NumberCheckRoute
    private let sweep: SweepRoute
    private let live: LiveRoute

    /// - Parameter control: The loop of what is not media, such as requests to the carrier.
    init(
        _ settings: Settings, control: SocketLoop, storage: Storage, logger: Logger, errors: ErrorSink,
        registry: MetricsRegistry
    ) throws {
        let tls = try TLSClientContext(authoritiesFile: settings.tls.ca)
        let client = HTTPClient(on: control, tls: tls)
        let elevenLabs = Self.elevenLabs(settings, client: client)
        self.elevenLabs = elevenLabs
        var providers: [UpstreamVendor: any UpstreamProvider] = [:]
        providers[.openAI] = Self.openAI(settings)
        providers[.elevenLabs] = elevenLabs
        let book = AgentBook(
            storage.roster, holding: storage.planted, upstreams: UpstreamVendor.allCases.filter { providers[$0] != nil }
        )
        self.book = book
        for id in book.directory.missingAgents {
            logger.warning(
                "configuration.missing_agent", "An agent is named and does not exist.", ["agent": .string(id)])
        }
        let carrier = Self.carrier(settings, client: client, errors: errors)
        let store = storage.calls
        let secret = storage.secret
        let node = Self.name(settings)
        let ids = CallIDSource()
        let tenure = NodeTenure()
        let sweeper = Sweeper(
            SweepServices(
                node: node, store: store, carrier: carrier, rules: SweepRules(settings.timeouts), registry: registry,
                logger: logger, errors: errors), tenure: tenure)
        self.sweeper = sweeper
        var services = CallServices(
            directory: book.directory, providers: providers, gates: UpstreamGates(Array(providers.keys)),
            store: OwnedCallStore(store) { tenure.epoch }, ids: ids, carrier: carrier,
            tokens: TokenDesk(secret: secret, isRequired: settings.twilio.requireToken),
            rules: CallRules(settings.timeouts), metrics: CallMetrics(registry), logger: logger, errors: errors,
            node: node)
        services.agents = { book.directory }
        services.telnyx = TelnyxRules(settings.telnyx)
        services.answersForCalls = { await sweeper.answersForCalls() }
        switchboard = Switchboard(
            services,
            upstreamLimits: WebSocketLimits(
                messageBytes: 16 << 20, heartbeat: settings.timeouts.heartbeat,
                silence: settings.timeouts.upstreamSilence),
            tls: tls)
        let door = SwitchboardDoor(
            switchboard: switchboard, carrier: carrier, sweeper: sweeper, book: book, store: store,
            callLimit: settings.limits.calls.number)
        let address = PublicAddress(
            publicURL: settings.publicURL, streamURL: settings.streamURL, trustedProxies: settings.trustedProxies)
        var twilio = TwilioPaths.Settings(secret: secret)
        twilio.callsPerSecond = settings.limits.callsPerSecond
        twilio.callsPerCallerPerMinute = settings.limits.callsPerCallerPerMinute
        twilio.unstartedPerAddress = settings.limits.unstartedPerAddress
        twilio.fallback = Agent.Fallback(
            say: settings.fallback.say, transferTo: settings.fallback.transferTo.map { PhoneNumber($0) })
        twilio.heartbeat = settings.timeouts.heartbeat
        twilio.silence = settings.timeouts.silence
        paths = TwilioPaths(
            twilio,
            house: TwilioPaths.House(
                host: door, store: store, ids: ids, agents: { book.directory }, node: node, errors: errors,
                registry: registry),
            address: address, proof: Self.proof(settings.twilio))
        telnyx = TelnyxPaths(beside: paths, access: TelnyxAccess(tokens: settings.telnyx.streamTokens))
        let tokens = BearerTokens(
            settings.apiTokens.map { BearerTokens.Token($0.token, isReadOnly: $0.isReadOnly) },
            isReachable: settings.publicURL != nil || !settings.twilio.authTokens.isEmpty
                || !settings.telnyx.streamTokens.isEmpty
                || settings.twilio.accountSID != nil)
        let entry = APIGuard(
            tokens, address: address, requestsPerSecond: settings.limits.requestsPerSecond, registry: registry)
        self.entry = entry
        routes = CallRoutes(entry, store: store, commands: door)
        sweep = SweepRoute(entry, sweeper: sweeper)
        live = LiveRoute(entry, store: store)
        roster = RosterRoutes(entry, roster: book)
        numberCheck = NumberCheckRoute(entry, roster: book, address: address, carrier: carrier)
        errorRoutes = storage.errors.map { ErrorRoutes(entry, errors: $0) }
    }

    func add(to router: inout Router) {
        paths.add(to: &router)
        telnyx.add(to: &router)
        routes.add(to: &router)
        sweep.add(to: &router)
        live.add(to: &router)
        errorRoutes?.add(to: &router)
        roster.add(to: &router)
        numberCheck.add(to: &router)
    }

    /// Looks after the upstreams that can be asked how they are without a bill.
    func watch(with runner: ProbeRunner) {
        guard let elevenLabs, elevenLabs.canBeChecked else { return }
        runner.add("elevenlabs", isCritical: false, limit: Self.probeLimit) { () throws(ProbeFailure) in
            do throws(UpstreamFailure) {
                try await elevenLabs.check(by: Deadline(limit: Self.probeLimit, from: SystemClock.now()))
            } catch {
                throw ProbeFailure("\(error.message) (\(error.detail))")
            }
        }
    }

    private static let probeLimit = Duration.seconds(3)

    // MARK: its beginnings

    private static func openAI(_ settings: Settings) -> OpenAIProvider? {
        settings.openAI.apiKey.map { key in
            OpenAIProvider(
                OpenAIConnection(url: settings.openAI.realtimeURL, apiKey: key), model: settings.openAI.model)
        }
    }

    /// A public agent needs no key.
    private static func elevenLabs(_ settings: Settings, client: HTTPClient) -> ElevenLabsProvider? {
        let elevenLabs = settings.elevenLabs
        guard elevenLabs.apiKey != nil || elevenLabs.agentID != nil else { return nil }
        return ElevenLabsProvider(
            ElevenLabsConnection(url: elevenLabs.url, apiKey: elevenLabs.apiKey, agentID: elevenLabs.agentID),
            client: client)
    }

    private static func carrier(
        _ settings: Settings, client: HTTPClient, errors: ErrorSink
    ) -> TwilioControl? {
        guard let account = settings.twilio.accountSID else { return nil }
        let credentials: TwilioCredentials
        if let key = settings.twilio.apiKeySID, let secret = settings.twilio.apiKeySecret {
            credentials = TwilioCredentials(account: account, apiKey: key, apiKeySecret: secret)
        } else if let token = settings.twilio.authTokens.first {
            credentials = TwilioCredentials(account: account, authToken: token)
        } else {
            return nil
        }
        return TwilioControl(client, base: settings.twilio.apiBase, credentials: credentials, errors: errors)
    }

    private static func proof(_ twilio: Settings.Twilio) -> CarrierAccess.Proof {
        if twilio.validatesSignatures { return .signature(twilio.authTokens) }
        return twilio.validate == false ? .none : .local
    }

    private static func name(_ settings: Settings) -> String {
        if let node = settings.node { return node }
        var name = [CChar](repeating: 0, count: 256)
        // SAFETY: writes within the buffer, whose last byte stays zero.
        let failed = unsafe gethostname(&name, name.count - 1) != 0
        let host =
            failed ? "node" : String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(host):\(settings.listen.port)"
    }
}

extension CallLimit {
    fileprivate var number: Int? {
        switch self {
        case .auto, .unlimited: nil
        case .atMost(let number): number
        }
    }
}

extension TelnyxRules {
    fileprivate init(_ telnyx: Settings.Telnyx) {
        self.init()
        spoken =
            switch telnyx.sendCodec {
            case nil: nil
            case .pcmu: .pcmu
            case .pcma: .pcma
            case .opus: .opusWideband
            }
        framing =
            switch telnyx.opusFraming {
            case .packet: .packet
            case .rtp: .rtp
            }
    }
}

extension SweepRules {
    fileprivate init(_ timeouts: Settings.Timeouts) {
        self.init()
        every = timeouts.sweep
        expected = timeouts.expected
        stale = timeouts.stale
        scheduleExpires = timeouts.scheduleExpires
        if timeouts.start > .zero { resumedStream = timeouts.start }
    }
}

extension CallRules {
    fileprivate init(_ timeouts: Settings.Timeouts) {
        self.init()
        start = timeouts.start
        upstreamAttempt = timeouts.upstreamConnect
        firstMedia = timeouts.firstMedia
        longest = timeouts.maxCall
    }
}
