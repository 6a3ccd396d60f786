internal import JSONWire
internal import Timeline

/// The practice agent itself, whatever protocol it is spoken to in: what it was told to do, what it hears, how far the
/// conversation is, and what it is about to send. Each session has one; the protocol's own part says it in its words.
struct PracticeAgent: Sendable {
    let shelf: ToneShelf
    /// Which one of this upstream; makes a session's ids its own.
    let connection: Int
    let speaks: PracticeProtocol
    let opened: Instant
    var now: Instant
    var settings: PracticeSettings

    // What it hears.
    var caller: CallerAudio
    var detector: SpeechDetector?
    var lastTurn: Sound?
    /// What the settings want it to say, as it was encoded last.
    var replyBytes: (audio: WireAudio, bytes: [UInt8])?
    /// Half of a PCM sample, until the other comes.
    private var oddByte: UInt8?

    // How far the conversation is.
    var turn = 0
    /// Responses that were planned to be heard; each has the next pitch.
    var spoken = 0
    /// A tool was answered since the last response, so the next one goes on with the same turn.
    var hasAnswer = false
    var isSayingFarewell = false
    var calledTools: Set<PracticeSettings.ToolCall> = []
    var totals = PracticeReport.Totals()
    /// What came and what went, if it is kept.
    private(set) var heard: Sound?
    private(set) var said: Sound?

    // What it does wrong, and what it sends.
    var strikes = Agenda<Fault>()
    var reached: Set<Moment.Point> = []
    /// Nothing is said any more, though all goes on.
    var isMute = false
    private(set) var hasEnded = false
    private var lastID = 0
    private var outbox: [Mischief.Letter] = []
    private var reports: [PracticeReport] = []
    private var mischief: Mischief

    init(
        _ settings: PracticeSettings, speaks: PracticeProtocol, hears audio: WireAudio,
        bending dialect: Mischief.Dialect, connection: Int, shelf: ToneShelf, at now: Instant
    ) {
        self.shelf = shelf
        self.connection = connection
        self.speaks = speaks
        self.settings = settings
        self.now = now
        opened = now
        caller = CallerAudio(rate: audio.rate)
        mischief = Mischief(dialect)
    }

    // MARK: what it hears

    /// Takes what the caller said, and tells where speech begins and ends in it.
    mutating func hear(_ bytes: [UInt8], as audio: WireAudio) -> [SpeechDetector.Event] {
        var whole = bytes
        if audio.code == .pcm {
            if let first = oddByte { whole.insert(first, at: 0) }
            oddByte = whole.count % 2 == 0 ? nil : whole.popLast()
        }
        let samples = audio.decode(whole)
        caller.append(samples, bytes: bytes.count)
        if settings.isRecording { Self.keep(Sound(rate: audio.rate, samples: samples), in: &heard) }
        return detector?.listen(samples) ?? []
    }

    // MARK: what it sends

    mutating func nextID(_ kind: String) -> String {
        lastID += 1
        return "\(kind)_practice\(connection)n\(lastID)"
    }

    mutating func post(_ event: JSONValue) {
        guard !isMute, !hasEnded else { return }
        outbox.append(.event(event))
    }

    mutating func report(_ report: PracticeReport) {
        reports.append(report)
    }

    /// Counts audio that is being sent, and keeps it where all is kept.
    mutating func say(_ bytes: ArraySlice<UInt8>, as audio: WireAudio) {
        totals.sentAudioBytes += bytes.count
        guard settings.isRecording else { return }
        Self.keep(Sound(rate: audio.rate, samples: audio.decode(Array(bytes))), in: &said)
    }

    private static func keep(_ sound: Sound, in kept: inout Sound?) {
        if let rate = kept?.rate { kept?.append(sound.resampled(to: rate)) } else { kept = sound }
    }

    /// The session's last word.
    mutating func end(_ letter: Mischief.Letter) {
        guard !hasEnded else { return }
        outbox.append(letter)
        hasEnded = true
    }

    mutating func bend(_ bend: Fault.Bend) {
        mischief.take(up: bend)
    }

    /// The connection is over.
    mutating func closed(code: Int, reason: String, byPeer: Bool) {
        hasEnded = true
        mischief.drop()
        totals.milliseconds = Int(opened.nanoseconds(to: now) / 1_000_000)
        totals.receivedAudioBytes = caller.bytes
        report(.closed(code: code, reason: reason, byPeer: byPeer, totals))
    }

    /// When the next letter is due that waits.
    var letterDue: Instant? { mischief.due }

    /// All that is to be done now.
    mutating func collect() -> [PracticeSession.Effect] {
        if outbox.isEmpty, reports.isEmpty, mischief.due == nil { return [] }
        mischief.post(outbox, at: now)
        outbox = []
        var effects = reports.map(PracticeSession.Effect.report)
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
