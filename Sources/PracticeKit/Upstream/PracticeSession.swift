internal import JSONWire
public import Timeline

/// The practice agent's side of one OpenAI Realtime session: events and time in, events out. It holds no socket, no clock
/// and no task, so a simulation can have as many as it likes.
///
/// Every call tells the time, which never goes back, and returns what is to be done. Between calls `wakeUp` says when
/// `advance` must be called at the latest.
public struct PracticeSession: Sendable {
    /// What is to be done, in this order.
    public enum Effect: Hashable, Sendable {
        case send([UInt8])
        /// The last: nothing is sent after it.
        case close(code: UInt16, reason: String)
        /// The last: reset the connection.
        case reset
        /// The last: neither read nor send any more, and leave the connection as it is.
        case freeze
        case report(PracticeReport)
    }

    public static let longestSession = Duration.seconds(3_600)

    /// Why a session ends before it begins, though the upgrade went well: the service looks at these things late.
    public enum Rejection: Hashable, Sendable {
        case invalidKey
        case modelNotFound
        case missingModel
        case betaHeader
    }

    /// Something that happens later, unless it has become void.
    enum Plan: Hashable {
        case create
        case strike(Fault)
        case transcribe(item: String, turn: Int)
        /// The caller said nothing for as long as the session allows.
        case idle(generation: Int)
        case expire
    }

    let shelf: ToneShelf
    let connection: Int
    let model: String
    let epoch: Int64
    public internal(set) var settings: PracticeSettings
    var configuration = SessionConfiguration()
    var conversation = Conversation()
    var caller: CallerAudio
    var detector: SpeechDetector?
    /// Half of a PCM sample, until the other comes.
    var oddByte: UInt8?
    var speakingItem: String?
    var speakingSince = 0
    var lastTurn: Sound?
    var responses: [Response] = []
    var turn = 0
    var hasSpoken = false
    /// Responses that were planned to be heard; each has the next pitch.
    var spoken = 0
    var hasEnded = false
    var isMute = false
    var isConfigured = false
    var isOutOfQuota = false
    var failuresLeft = 0
    /// A tool was answered since the last response, so the next one goes on with the same turn.
    var hasAnswer = false
    var isSayingFarewell = false
    var calledTools: Set<PracticeSettings.ToolCall> = []
    var plans: [(due: Instant, plan: Plan)] = []
    var reached: Set<Moment.Point> = []
    var idleGeneration = 0
    var lastID = 0
    var now: Instant
    let opened: Instant
    public internal(set) var totals = PracticeReport.Totals()
    /// What came and what went, if it is kept.
    public internal(set) var heard: Sound?
    public internal(set) var said: Sound?

    /// By the session's own detection of turns.
    public private(set) var isCallerSpeaking = false
    /// When `advance` is needed.
    public private(set) var wakeUp = Deadline.never
    /// What the settings want it to say, as it was encoded last.
    var replyBytes: (audio: WireAudio, bytes: [UInt8])?

    private var outbox: [Mischief.Letter] = []
    private var reports: [PracticeReport] = []
    private var mischief = Mischief()

    /// - Parameters:
    ///   - connection: which one of this upstream; makes its ids its own.
    ///   - epoch: seconds since 1970, for what the protocol dates.
    ///   - shelf: sounds that are shared with other sessions.
    public init(
        connection: Int, model: String, settings: PracticeSettings, epoch: Int64, shelf: ToneShelf = ToneShelf(),
        at now: Instant
    ) {
        self.shelf = shelf
        self.connection = connection
        self.model = model
        self.settings = settings
        self.epoch = epoch
        self.now = now
        opened = now
        caller = CallerAudio(rate: WireAudio.pcm.rate)
        if let detection = configuration.turnDetection {
            detector = SpeechDetector(rate: caller.rate, detection: detection, milliseconds: 0)
        }
    }

    // MARK: what happens

    /// The handshake is done.
    public mutating func open(at now: Instant, rejecting rejection: Rejection? = nil) -> [Effect] {
        self.now = now
        report(.opened(model: model, faults: settings.faults))
        plan(.expire, after: Self.longestSession)
        if let rejection { reject(rejection) }
        takeUp(settings.faults)
        guard !hasEnded, !isMute else { return turnEnded() }
        if let lateness { plan(.create, after: lateness) } else { create() }
        return turnEnded()
    }

    private mutating func create() {
        emit("session.created", ["session": sessionJSON])
        reach(.start)
    }

    /// A text message came.
    public mutating func receive(_ text: Span<UInt8>, at now: Instant) -> [Effect] {
        guard !hasEnded else { return [] }
        totals.receivedMessages += 1
        // What was due before is done before.
        catchUp(to: now)
        take(text)
        return turnEnded()
    }

    public mutating func advance(to now: Instant) -> [Effect] {
        catchUp(to: now)
        return turnEnded()
    }

    /// The connection is over. The last thing that a session is told.
    public mutating func closed(code: Int, reason: String, byPeer: Bool, at now: Instant) -> [Effect] {
        self.now = now
        hasEnded = true
        mischief.drop()
        totals.milliseconds = Int(opened.nanoseconds(to: now) / 1_000_000)
        totals.receivedAudioBytes = caller.bytes
        report(.closed(code: code, reason: reason, byPeer: byPeer, totals))
        return turnEnded()
    }

    /// Does what is due, in the order of its time.
    private mutating func catchUp(to now: Instant) {
        while !hasEnded, let due = nextDue, due <= now {
            self.now = max(self.now, due)
            if let place = plans.firstIndex(where: { $0.due == due }) {
                carryOut(plans.remove(at: place).plan)
            } else {
                respond()
            }
        }
        self.now = max(self.now, now)
    }

    /// Asked at each frame, so nothing is collected on the way.
    private var nextDue: Instant? {
        guard !hasEnded else { return nil }
        var next: Instant?
        for response in responses { next = min(next ?? response.due, response.due) }
        for plan in plans { next = min(next ?? plan.due, plan.due) }
        return next
    }

    private mutating func carryOut(_ plan: Plan) {
        switch plan {
        case .create: create()
        case .strike(let fault): strike(fault)
        case .transcribe(let item, let turn): transcribe(item, turn: turn)
        case .idle(let generation): if generation == idleGeneration { takeIdleTurn() }
        case .expire: expire()
        }
    }

    // MARK: what is done

    mutating func plan(_ plan: Plan, after delay: Duration) {
        plans.append((now.advanced(by: delay), plan))
    }

    mutating func nextID(_ kind: String) -> String {
        lastID += 1
        return "\(kind)_practice\(connection)n\(lastID)"
    }

    mutating func emit(_ type: String, _ members: KeyValuePairs<String, JSONValue>) {
        emit(type, members: members.map { ($0.key, $0.value) })
    }

    mutating func emit(_ type: String, members: [(String, JSONValue)]) {
        guard !isMute, !hasEnded else { return }
        let head: [JSONObject.Member] = [
            JSONObject.Member(name: "type", value: .string(type)),
            JSONObject.Member(name: "event_id", value: .string(nextID("event"))),
        ]
        outbox.append(
            .event(.object(JSONObject(head + members.map { JSONObject.Member(name: $0.0, value: $0.1) }))))
    }

    mutating func refuse(_ error: VendorError, answering eventID: String? = nil) {
        report(.error(code: error.code, message: error.message))
        emit("error", ["error": error.json(answering: eventID)])
    }

    mutating func report(_ report: PracticeReport) {
        reports.append(report)
    }

    /// The session's last word.
    mutating func end(_ letter: Mischief.Letter) {
        guard !hasEnded else { return }
        outbox.append(letter)
        hasEnded = true
    }

    mutating func bend(_ fault: Fault) {
        mischief.take(up: fault)
    }

    /// What others ask at each frame is kept as it is then: a look at a session must not copy it.
    private mutating func turnEnded() -> [Effect] {
        let effects = collect()
        isCallerSpeaking = speakingItem != nil
        wakeUp = min(nextDue.map { .at($0) } ?? .never, mischief.due.map { .at($0) } ?? .never)
        return effects
    }

    private mutating func collect() -> [Effect] {
        if outbox.isEmpty, reports.isEmpty, mischief.due == nil { return [] }
        mischief.post(outbox, at: now)
        outbox = []
        var effects = reports.map(Effect.report)
        reports = []
        for letter in mischief.collect(at: now) {
            switch letter {
            case .event(let event):
                totals.sentMessages += 1
                effects.append(.send(event.bytes))
            case .text(let text): effects.append(.send(Array(text.utf8)))
            case .close(let code, let reason): effects.append(.close(code: code, reason: reason))
            case .reset: effects.append(.reset)
            case .freeze: effects.append(.freeze)
            }
        }
        return effects
    }
}
