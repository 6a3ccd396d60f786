internal import JSONWire
internal import Timeline

/// A session of OpenAI Realtime: the agent, and what this protocol makes of it.
struct OpenAISession: PracticeDialect {
    static let longest = Duration.seconds(3_600)

    /// Something that happens later, unless it has become void.
    enum Plan: Hashable {
        case create
        case transcribe(item: String, turn: Int)
        /// The caller said nothing for as long as the session allows.
        case idle(generation: Int)
        case expire
    }

    var agent: PracticeAgent
    let model: String
    let epoch: Int64
    var configuration = SessionConfiguration()
    var conversation = Conversation()
    var speakingItem: String?
    var speakingSince = 0
    var responses: [Response] = []
    var plans = Agenda<Plan>()
    var hasSpoken = false
    var isOutOfQuota = false
    var failuresLeft = 0
    var idleGeneration = 0

    init(connection: Int, model: String, settings: PracticeSettings, epoch: Int64, shelf: ToneShelf, at now: Instant) {
        self.model = model
        self.epoch = epoch
        agent = PracticeAgent(
            settings, speaks: .openAI, hears: .pcm, bending: .openAI, connection: connection, shelf: shelf, at: now)
        listen(by: configuration.turnDetection)
    }

    /// From here on turns are found this way; nil leaves them to the client.
    mutating func listen(by detection: TurnDetection?) {
        agent.detector = detection.map {
            SpeechDetector(
                rate: agent.caller.rate, threshold: $0.threshold, prefixPadding: $0.prefixPadding, silence: $0.silence,
                milliseconds: agent.caller.milliseconds)
        }
    }

    var isCallerSpeaking: Bool { speakingItem != nil }

    // MARK: time

    mutating func open(rejecting rejection: PracticeSession.Rejection?) {
        agent.report(.opened(model: model, faults: agent.settings.faults))
        plan(.expire, after: Self.longest)
        if let rejection { reject(rejection) }
        takeUp(agent.settings.faults)
        guard !agent.hasEnded, !agent.isMute else { return }
        if let lateness = agent.lateness { plan(.create, after: lateness) } else { create() }
    }

    var due: Instant? {
        var next = plans.due
        for response in responses { next = min(next ?? response.due, response.due) }
        return next
    }

    mutating func act() {
        switch plans.take(at: agent.now) {
        case .create: create()
        case .transcribe(let item, let turn): transcribe(item, turn: turn)
        case .idle(let generation): if generation == idleGeneration { takeIdleTurn() }
        case .expire: expire()
        case nil: respond()
        }
    }

    mutating func plan(_ plan: Plan, after delay: Duration) {
        plans.add(plan, at: agent.now.advanced(by: delay))
    }

    private mutating func create() {
        emit("session.created", ["session": sessionJSON])
        reach(.start)
    }

    // MARK: what is said

    mutating func emit(_ type: String, _ members: KeyValuePairs<String, JSONValue>) {
        emit(type, members: members.map { ($0.key, $0.value) })
    }

    mutating func emit(_ type: String, members: [(String, JSONValue)]) {
        guard !agent.isMute, !agent.hasEnded else { return }
        let head: [JSONObject.Member] = [
            JSONObject.Member(name: "type", value: .string(type)),
            JSONObject.Member(name: "event_id", value: .string(agent.nextID("event"))),
        ]
        agent.post(.object(JSONObject(head + members.map { JSONObject.Member(name: $0.0, value: $0.1) })))
    }

    mutating func refuse(_ error: VendorError, answering eventID: String? = nil) {
        agent.report(.error(code: error.code, message: error.message))
        emit("error", ["error": error.json(answering: eventID)])
    }
}
