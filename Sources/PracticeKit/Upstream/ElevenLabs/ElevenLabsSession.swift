internal import JSONWire
internal import Timeline

/// A conversation with an agent of ElevenLabs: the agent, and what this protocol makes of it.
struct ElevenLabsSession: PracticeDialect {
    /// Something that happens later, unless it has become void.
    enum Plan: Hashable {
        /// The client said nothing about the conversation: it begins all the same.
        case begin
        case admit
        case ping
        case transcribe(event: Int, text: String)
        case giveUpTool(call: String)
        /// The caller said nothing for as long as the agent waits.
        case idle(generation: Int)
        /// The client sent nothing for as long as the service waits.
        case missInput
        case hangUp
        case expire
    }

    static let pingInterval = Duration.seconds(2)
    private static let pongPatience = Duration.seconds(5)
    private static let initiationPatience = Duration.seconds(2)
    static let inputPatience = Duration.seconds(60)
    /// How long a silence ends the caller's turn, and how much before it counts as speech.
    private static let (silence, prefix) = (500, 300)

    var agent: PracticeAgent
    let agentID: String
    let conversationID: String
    var initiation = Initiation()
    var hasBegun = false
    /// The metadata are out: the conversation goes on.
    var isReady = false
    var plans = Agenda<Plan>()
    var lastEventID = 0

    var speakingSince: Int?
    /// Since when nothing came from the client.
    var lastInput: Instant
    var speeches: [AgentSpeech] = []
    /// What the caller may still hear of, the last of it last.
    var played: [Played] = []
    var interruptionID: Int?
    var idleGeneration = 0
    /// Tools that were called and not answered yet.
    var waitingTools: Set<String> = []
    /// The caller had a turn while the agent waited for a tool.
    var callerWaits = false
    var vadSteps = 0

    private var unansweredPings: [(id: Int, sent: Instant)] = []
    private var latency: Int?

    init(connection: Int, agentID: String, settings: PracticeSettings, shelf: ToneShelf, at now: Instant) {
        self.agentID = agentID
        conversationID = "conv_practice\(connection)"
        lastInput = now
        agent = PracticeAgent(
            settings, speaks: .elevenLabs, hears: settings.elevenLabs.hears, bending: .elevenLabs,
            connection: connection, shelf: shelf, at: now)
    }

    var hears: WireAudio { agent.settings.elevenLabs.hears }
    var isCallerSpeaking: Bool { speakingSince != nil }

    // MARK: time

    mutating func open(rejecting rejection: PracticeSession.Rejection?) {
        agent.report(.opened(model: agentID, faults: agent.settings.faults))
        if let rejection { reject(rejection) }
        takeUp(agent.settings.faults)
        plan(.begin, after: Self.initiationPatience)
    }

    var due: Instant? {
        guard let speech = speeches.first?.due, let plan = plans.due else { return speeches.first?.due ?? plans.due }
        return min(speech, plan)
    }

    mutating func act() {
        switch plans.take(at: agent.now) {
        case .begin: if !hasBegun { begin() }
        case .admit: admit()
        case .ping: ping()
        case .transcribe(let event, let text): transcribe(text, event: event)
        case .giveUpTool(let call): giveUp(tool: call)
        case .idle(let generation): if generation == idleGeneration, speakingSince == nil { respond() }
        case .missInput: missInput()
        case .hangUp: hangUp()
        case .expire: expire()
        case nil: speak()
        }
    }

    mutating func plan(_ plan: Plan, after delay: Duration) {
        plans.add(plan, at: agent.now.advanced(by: delay))
    }

    // MARK: how it begins

    /// The client has said what it wants of the conversation, or that it wants nothing.
    mutating func begin() {
        hasBegun = true
        initiation.configure(&agent.settings.elevenLabs)
        for text in initiation.texts { takeWishes(in: text) }
        for path in initiation.ignored {
            agent.report(.error(code: "practice.ignored_field", message: "nobody looks at '\(path)' in the initiation"))
        }
        agent.caller.change(rate: hears.rate)
        agent.detector = SpeechDetector(rate: hears.rate, prefixPadding: Self.prefix, silence: Self.silence)
        plan(.missInput, after: Self.inputPatience)
        let queued = agent.settings.faults.lazy
            .compactMap { if case .elevenLabs(.queued(let wait)) = $0 { wait } else { nil } }.first
        if queued != nil { post("queue_status", "queue_status_event", ["status": "waiting"]) }
        if let wait = queued ?? agent.lateness { plan(.admit, after: wait) } else { admit() }
    }

    private mutating func admit() {
        guard !agent.isMute else { return }
        if agent.settings.faults.contains(where: { if case .elevenLabs(.queued) = $0 { true } else { false } }) {
            post("queue_status", "queue_status_event", ["status": "admitted"])
        }
        if agent.misbehaves(.elevenLabs(.earlyPing)) { ping() }
        let isUnknown = agent.misbehaves(.elevenLabs(.unknownFormat))
        let (input, output) = (hears.elevenLabsName, agent.settings.elevenLabs.speaks.elevenLabsName)
        if !agent.misbehaves(.elevenLabs(.noMetadata)) {
            emit(
                "conversation_initiation_metadata", "conversation_initiation_metadata_event",
                [
                    "conversation_id": .string(conversationID),
                    "agent_output_audio_format": .string(isUnknown ? "opus_48000" : output),
                    "user_input_audio_format": .string(isUnknown ? "opus_48000" : input),
                ])
        }
        agent.report(.configured(input: input, output: output, detection: "vad", tools: []))
        isReady = true
        plan(.expire, after: agent.settings.elevenLabs.longest)
        reach(.start)
        reach(.configured)
        if !agent.misbehaves(.elevenLabs(.earlyPing)) { ping() }
        let isSilentAtFirst = agent.settings.greeting == .zero || initiation.text("first_message")?.isEmpty == true
        // An agent without a first message waits for the caller, whose turn it then is.
        if isSilentAtFirst { agent.turn = max(agent.turn, 1) } else { respond() }
    }

    // MARK: life signs

    private mutating func ping() {
        let overdue = unansweredPings.filter { $0.sent.duration(to: agent.now) >= Self.pongPatience }
        for ping in overdue {
            agent.report(.error(code: "practice.no_pong", message: "ping \(ping.id) was not answered within 5 s"))
        }
        unansweredPings.removeAll { ping in overdue.contains { $0.id == ping.id } }
        let id = nextEventID()
        emit("ping", "ping_event", ["event_id": eventID(id), "ping_ms": latency.map { .integer($0) } ?? .null])
        agent.totals.pings += 1
        unansweredPings.append((id, agent.now))
        plan(.ping, after: Self.pingInterval)
    }

    mutating func pong(_ id: Int) {
        guard let place = unansweredPings.firstIndex(where: { $0.id == id }) else { return }
        latency = Int(unansweredPings.remove(at: place).sent.nanoseconds(to: agent.now) / 1_000_000)
        agent.totals.pongs += 1
    }

    private mutating func missInput() {
        let rest = Self.inputPatience - lastInput.duration(to: agent.now)
        guard rest <= .zero else { return plan(.missInput, after: rest) }
        fail(
            ElevenLabsError(
                type: "transport_receive_timeout", message: "No user input was received for 60 seconds."))
    }

    // MARK: what is said

    mutating func nextEventID() -> Int {
        lastEventID += 1
        return lastEventID
    }

    func eventID(_ id: Int) -> JSONValue {
        agent.misbehaves(.elevenLabs(.textIDs)) ? .string("\(id)") : .integer(id)
    }

    /// An event, if it is among those that the agent sends.
    mutating func emit(_ type: String, _ key: String, _ payload: JSONValue) {
        guard agent.settings.elevenLabs.events.contains(type) else { return }
        post(type, key, payload)
    }

    mutating func post(_ type: String, _ key: String, _ payload: JSONValue) {
        agent.post(
            .object(
                JSONObject([
                    JSONObject.Member(name: "type", value: .string(type)), JSONObject.Member(name: key, value: payload),
                ])))
    }
}
