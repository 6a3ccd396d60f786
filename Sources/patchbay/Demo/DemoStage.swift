internal import Addresses
internal import CallCore
internal import Configuration
internal import HTTPLoop
internal import PracticeKit
internal import SocketLoop
internal import Telemetry
internal import Timeline
internal import Wording

/// The bridge between a practice agent and a phone: three parties in one process, that know each other's addresses on
/// loopback and nothing else. What passes between them is what would pass between machines.
struct DemoStage {
    /// What the caller does: hears the greeting, asks, interrupts the reply, answers the next one, and is taken leave of.
    private static let script = """
        wait agent
        wait silence 400ms
        speak 800ms
        wait agent
        interrupt after 800ms 800ms
        wait agent
        wait silence 400ms
        speak 800ms
        wait end within 10s
        """
    /// Far enough apart to be told from each other in 20 ms of sound.
    private static let pitches = [440.0, 554, 659, 784, 932]
    private static let speech = Duration.milliseconds(1_500)
    private static let answeredTurns = 3
    private static let caller = "+15550001111"
    private static let called = "+15550002222"
    /// The record of a call is final so long after the call, and a little longer on a busy machine.
    private static let recordLimit = Duration.seconds(7)
    private static let look = Duration.milliseconds(20)

    private let group: LoopGroup
    private let practice: HTTPServer
    private let phone: PhoneRun
    private let node: Node
    private let store: WatchedStore

    /// Starts all three, up to the moment at which the phone could dial.
    ///
    /// - Parameters:
    ///   - upstream: The protocol between bridge and agent.
    ///   - tell: Called on any thread.
    init(
        _ faults: [Fault], upstream: PracticeProtocol, tell: @escaping @Sendable (DemoNews) -> Void
    ) async throws {
        group = try LoopGroup(count: 2)
        let key = Self.word("key")
        let anywhere = SocketAddress(IPAddress(v4: 0x7F00_0001), port: 0)
        practice = try HTTPServer(
            at: anywhere, group: LoopGroup([group.loops[0]]),
            service: Self.agent(faults, upstream, key: key, tell: tell))
        let setting = try Self.phoneSetting()
        phone = PhoneRun(setting, on: LoopGroup([group.loops[1]])) { _, news, _ in tell(.phone(news)) }
        let carrier = try phone.serveAPI(at: anywhere)
        store = WatchedStore(tell: tell)
        let logger = Logger(component: "node", threshold: .warning, destination: DemoLog(tell))
        let registry = MetricsRegistry()
        let settings = try Self.settings(setting, carrier: carrier, upstream, at: practice.address, key: key)
        node = try Node(
            settings, logger: logger, errors: ErrorSink(logger: logger, registry: registry), registry: registry,
            storage: Storage(store, planting: try Roster.Seeds(settings)))
        try await node.beReady()
    }

    // MARK: the play

    /// Makes the call and waits for its record.
    func play() async throws -> DemoResult {
        let entry = PhoneSetting.Entry.voice(try WebURL("\(node.url)/twilio/voice"))
        let report = await phone.run(calls: 1, at: entry)
        let name = CallReference.provider(report.calls.first?.call ?? "")
        let limit = Deadline(limit: Self.recordLimit, from: SystemClock.now())
        var record = try? await store.record(of: name)
        while !Task.isCancelled, !limit.isReached(at: SystemClock.now()) {
            let events = (try? await store.events(of: name)) ?? []
            record = try? await store.record(of: name)
            // The last thing that is kept of a call.
            if events.contains(where: { $0.kind == .callFinal }) { break }
            try? await Task.sleep(for: Self.look)
        }
        return DemoResult(
            report: report, record: record, events: (try? await store.events(of: name)) ?? [],
            turns: (try? await store.transcript(of: name)) ?? [], errors: node.errors.records)
    }

    /// The caller hangs up.
    func giveUp() {
        phone.giveUp()
    }

    func end() async {
        await node.stop(politely: true)
        practice.close()
        group.stop()
    }

    // MARK: the parts

    private static func agent(
        _ faults: [Fault], _ upstream: PracticeProtocol, key: String, tell: @escaping @Sendable (DemoNews) -> Void
    ) -> PracticeUpstream {
        var options = PracticeUpstream.Options()
        options.protocols = [upstream]
        options.settings.key = key
        options.settings.pitches = pitches
        options.settings.greeting = speech
        options.settings.reply = speech
        options.settings.endCallAfter = answeredTurns
        options.settings.faults = faults
        return PracticeUpstream(options: options) { tell(.agent($0.report)) }
    }

    private static func phoneSetting() throws -> PhoneSetting {
        let script = try PhoneScript(script)
        var random = SystemRandomNumberGenerator()
        var setting = PhoneSetting(
            .voice(try WebURL("http://127.0.0.1/twilio/voice")), speeches: try SpeechBook(for: script, usual: nil),
            seed: UInt64.random(in: 0..<1 << 53, using: &random))
        setting.script = script
        setting.from = caller
        setting.to = called
        setting.token = word("token")
        setting.account = "AC" + (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        setting.timeLimit = .seconds(60)
        return setting
    }

    /// None of the environment's: what is set on this machine is for other bridges.
    private static func settings(
        _ phone: PhoneSetting, carrier: SocketAddress, _ upstream: PracticeProtocol, at practice: SocketAddress,
        key: String
    ) throws -> Settings {
        var settings = Settings()
        settings.listen = HostPort(host: "127.0.0.1", port: 0)
        settings.loops = 1
        settings.database = .memory
        settings.node = "demo"
        settings.twilio.accountSID = phone.account
        settings.twilio.authTokens = phone.token.map { [Secret($0)] } ?? []
        settings.twilio.apiBase = try WebURL("http://\(carrier)")
        switch upstream {
        case .openAI:
            settings.openAI.apiKey = Secret(key)
            settings.openAI.realtimeURL = try WebURL("ws://\(practice)\(PracticeUpstream.openAIPath)")
        case .elevenLabs:
            settings.elevenLabs.apiKey = Secret(key)
            settings.elevenLabs.url = try WebURL("ws://\(practice)")
            settings.elevenLabs.agentID = "agent_practice"
        }
        return settings
    }

    private static func word(_ kind: String) -> String {
        "\(kind)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    }
}
