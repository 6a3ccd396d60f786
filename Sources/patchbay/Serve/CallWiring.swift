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
    /// What of calls a drain waits for.
    let drainWork: [DrainWork]
    private let dependencies: CallDependencies
    private let paths: TwilioPaths
    private let telnyx: TelnyxPaths
    private let routes: CallRoutes
    private let control: ControlRoutes
    private let dial: DialRoutes
    /// Nil without credentials of a carrier.
    let dialler: Dialler?
    private let errorRoutes: ErrorRoutes?
    private let roster: RosterRoutes
    private let numberCheck: NumberCheckRoute
    private let sweep: SweepRoute
    private let live: LiveRoute

    /// - Parameter control: The loop of what is not media, such as requests to the carrier.
    init(
        _ settings: Settings, control: SocketLoop, storage: Storage, admission: AdmissionGate, logger: Logger,
        errors: ErrorSink, registry: MetricsRegistry
    ) throws {
        let tls = try TLSClientContext(authoritiesFile: settings.tls.ca)
        let client = HTTPClient(on: control, tls: tls)
        let elevenLabs = Self.elevenLabs(settings, client: client)
        var providers: [UpstreamVendor: any UpstreamProvider] = [:]
        let openAI = Self.openAI(settings)
        providers[.openAI] = openAI
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
        let gates = UpstreamGates(Array(providers.keys))
        var services = CallServices(
            directory: book.directory, providers: providers, gates: gates,
            store: OwnedCallStore(store) { tenure.epoch }, ids: ids, carrier: carrier,
            tokens: TokenDesk(secret: secret, isRequired: settings.twilio.requireToken),
            rules: CallRules(settings.timeouts), metrics: CallMetrics(registry), logger: logger, errors: errors,
            node: node)
        services.agents = { book.directory }
        services.telnyx = TelnyxRules(settings.telnyx)
        services.answersForCalls = { await sweeper.answersForCalls() }
        let limits = WebSocketLimits(
            messageBytes: 16 << 20, heartbeat: settings.timeouts.heartbeat,
            silence: settings.timeouts.upstreamSilence)
        let switchboard = Switchboard(services, upstreamLimits: limits, tls: tls)
        self.switchboard = switchboard
        dependencies = CallDependencies(
            openAI: openAI.map { UpstreamCheck($0, on: control, limits: limits, tls: tls) }, elevenLabs: elevenLabs,
            carrier: carrier, gates: gates)
        let rules = DialRules(settings)
        dialler = carrier.map { carrier in
            Dialler(
                DialServices(
                    store: store, carrier: carrier, rules: rules, epoch: { tenure.epoch },
                    expect: { sweeper.expect($0, .outbound) }, registry: registry, logger: logger, errors: errors))
        }
        var work = [DrainWork("calls") { switchboard.liveCalls }, DrainWork("records") { switchboard.tasksLeft }]
        if let dialler { work.append(DrainWork("dials") { dialler.underWay }) }
        drainWork = work
        let door = SwitchboardDoor(
            switchboard: switchboard, carrier: carrier, store: store, node: node, errors: errors,
            sweeper: sweeper, book: book, gate: admission)
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
        routes = CallRoutes(entry, store: store)
        self.control = ControlRoutes(entry, store: store, commands: door, rules: rules)
        dial = DialRoutes(
            entry,
            house: DialRoutes.House(
                store: store, dialler: dialler.map(DiallerDoor.init), agents: { book.directory },
                rules: rules, ids: ids, node: node, registry: registry), address: address)
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
        control.add(to: &router)
        dial.add(to: &router)
        sweep.add(to: &router)
        live.add(to: &router)
        errorRoutes?.add(to: &router)
        roster.add(to: &router)
        numberCheck.add(to: &router)
    }

    /// Of what calls need of this node itself.
    func addHealth(to health: HealthRegistry) {
        guard let dialler else { return }
        health.add("dialling", isCritical: false) { ComponentHealth(dialler.reading(at: $0)) }
    }

    /// Looks after what calls depend on.
    func watch(with runner: ProbeRunner) {
        dependencies.watch(with: runner)
    }

    // MARK: its beginnings

    static func openAI(_ settings: Settings) -> OpenAIProvider? {
        settings.openAI.apiKey.map { key in
            OpenAIProvider(
                OpenAIConnection(url: settings.openAI.realtimeURL, apiKey: key), model: settings.openAI.model)
        }
    }

    /// A public agent needs no key.
    static func elevenLabs(_ settings: Settings, client: HTTPClient) -> ElevenLabsProvider? {
        let elevenLabs = settings.elevenLabs
        guard elevenLabs.apiKey != nil || elevenLabs.agentID != nil else { return nil }
        return ElevenLabsProvider(
            ElevenLabsConnection(url: elevenLabs.url, apiKey: elevenLabs.apiKey, agentID: elevenLabs.agentID),
            client: client)
    }

    static func carrier(
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

extension ComponentHealth {
    fileprivate init(_ dialling: DialWatch.Reading?) {
        guard let dialling, dialling.age != nil else {
            self.init(.unknown)
            return
        }
        self.init(
            dialling.trouble == nil ? .ok : .failing, lastError: dialling.trouble?.message(dialling.queue),
            lastErrorCode: dialling.trouble?.code, age: dialling.age,
            queue: Queue(waiting: dialling.queue.waiting, active: dialling.queue.dialling, overdue: dialling.overdue))
    }
}

extension SweepRules {
    fileprivate init(_ timeouts: Settings.Timeouts) {
        self.init()
        every = timeouts.sweep
        expected = timeouts.expected
        stale = timeouts.stale
        scheduleExpires = timeouts.scheduleExpires
        if timeouts.start > .zero { resumedStream = min(resumedStream, timeouts.start) }
    }
}

extension DialRules {
    fileprivate init(_ settings: Settings) {
        self.init()
        prefixes = settings.limits.dialPrefixes
        minutesPerDay = settings.limits.dialMinutesPerDay
        callsPerSecond = settings.twilio.callsPerSecond
        expires = settings.timeouts.scheduleExpires
        longestCall = settings.timeouts.maxCall
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
