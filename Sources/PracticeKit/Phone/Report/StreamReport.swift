public import Timeline

/// What happened on one stream, in milliseconds from its start.
public struct StreamReport: Sendable {
    /// What the caller said, and what came of it.
    public struct Turn: Hashable, Sendable {
        public var callerStart: Duration
        public var callerEnd: Duration?
        public var agentStart: Duration?

        /// From the caller's last word to the agent's first; below zero when the agent did not wait.
        public var response: Duration? {
            guard let callerEnd, let agentStart else { return nil }
            return agentStart - callerEnd
        }
    }

    /// The caller began to speak while the agent spoke.
    public struct Interruption: Hashable, Sendable {
        public var at: Duration
        public var callerEnd: Duration?
        /// From the caller's first word to the bridge's `clear`.
        public var clear: Duration?
        /// What was heard between the `clear` and the caller's last word: of the old reply, so there should be none.
        public var audioAfterClear = Duration.zero
        /// What `clear` kept from being heard.
        public var dropped = Duration.zero
    }

    public struct Utterance: Hashable, Sendable {
        public var start: Duration
        public var end: Duration?
        public var pitch: Double?
        public var level: Double?
    }

    public struct Gap: Hashable, Sendable {
        public let at: Duration
        public let lasting: Duration
    }

    public struct Warning: Hashable, Sendable {
        public let code: Int
        public let first: String
        public var count = 1
    }

    public enum EndedBy: String, Hashable, Sendable {
        case caller, agent, api, reset
        case halfOpen = "half-open"
        /// No close frame, or one that the protocol asks for.
        case lost
        /// There never was a stream.
        case refused
        case timeLimit = "time-limit"
        case interrupted
    }

    public struct End: Hashable, Sendable {
        public var by: EndedBy
        public var code: UInt16
        public var reason: String

        public init(by: EndedBy, code: UInt16, reason: String) {
            self.by = by
            self.code = code
            self.reason = reason
        }
    }

    public let stream: String
    public var connecting: Duration?
    public var duration = Duration.zero
    public var turns: [Turn] = []
    public var interruptions: [Interruption] = []
    public var utterances: [Utterance] = []
    public var gaps: [Gap] = []
    public var warnings: [Warning] = []
    public var keys = ""
    public var framesSent = 0
    public var framesLost = 0
    public var mediaReceived = 0
    public var bytesReceived = 0
    public var bytesPlayed = 0
    public var bytesDiscarded = 0
    public var marksReceived = 0
    public var marksReturned = 0
    public var marksCleared = 0
    public var clears = 0
    public var end: End?
    /// What was heard from the first moment to the last.
    public var recording: [UInt8] = []

    public init(stream: String) {
        self.stream = stream
    }
}

/// Writes the report while the stream goes on.
public struct StreamLog: Sendable {
    private static let measured = 8_000

    public private(set) var report: StreamReport
    private let began: Instant
    private var agentSpeaks = false
    private var isInterrupting = false

    public init(stream: String, at now: Instant) {
        report = StreamReport(stream: stream)
        began = now
    }

    public mutating func update(_ change: (inout StreamReport) -> Void) {
        change(&report)
    }

    public mutating func callerBegan(at now: Instant) {
        let time = began.duration(to: now)
        report.turns.append(StreamReport.Turn(callerStart: time))
        isInterrupting = agentSpeaks
        if agentSpeaks { report.interruptions.append(StreamReport.Interruption(at: time)) }
    }

    public mutating func callerEnded(at now: Instant) {
        let time = began.duration(to: now)
        if let last = report.turns.indices.last { report.turns[last].callerEnd = time }
        if isInterrupting { report.interruptions[report.interruptions.count - 1].callerEnd = time }
    }

    public mutating func agentBegan(at now: Instant) {
        agentSpeaks = true
        let time = began.duration(to: now)
        report.utterances.append(StreamReport.Utterance(start: time))
        if let last = report.turns.indices.last, report.turns[last].agentStart == nil {
            report.turns[last].agentStart = time
        }
    }

    public mutating func agentEnded(at now: Instant) {
        agentSpeaks = false
        if let last = report.utterances.indices.last { report.utterances[last].end = began.duration(to: now) }
    }

    public mutating func cleared(at now: Instant, droppedBytes: Int, marks: Int) {
        report.clears += 1
        report.marksCleared += marks
        guard isInterrupting, let last = report.interruptions.indices.last,
            report.interruptions[last].clear == nil
        else { return }
        report.interruptions[last].clear = began.duration(to: now) - report.interruptions[last].at
        report.interruptions[last].dropped = .microseconds(125 * droppedBytes)
    }

    public mutating func warn(_ fault: BridgeMessage.Fault) {
        if let place = report.warnings.firstIndex(where: { $0.code == fault.code }) {
            report.warnings[place].count += 1
        } else {
            report.warnings.append(StreamReport.Warning(code: fault.code, first: fault.text))
        }
    }

    /// The last word: takes in what was heard.
    public mutating func finish(_ playback: Playback, _ end: StreamReport.End, at now: Instant) -> StreamReport {
        report.end = end
        report.duration = began.duration(to: now)
        report.bytesPlayed = playback.playedBytes(until: now)
        report.bytesDiscarded = playback.discardedBytes
        report.recording = playback.recording(until: now)
        report.gaps = playback.underruns().map { gap in
            StreamReport.Gap(at: began.duration(to: gap.at), lasting: gap.lasting)
        }
        let heard = MuLaw.decode(report.recording)
        for place in report.interruptions.indices { measureOldAudio(at: place, in: heard) }
        for place in report.utterances.indices { measureUtterance(at: place, in: heard) }
        return report
    }

    private mutating func measureOldAudio(at place: Int, in heard: Sound) {
        let interruption = report.interruptions[place]
        guard let clear = interruption.clear, let end = interruption.callerEnd else { return }
        let part = heard.part(from: interruption.at + clear, to: max(end, interruption.at + clear))
        let loud = part.voiced(above: AgentEar.threshold, pause: .zero, step: .milliseconds(10))
        report.interruptions[place].audioAfterClear = part.time(at: loud.reduce(0) { $0 + $1.count })
    }

    /// Its edges are left out: there the sound comes and goes.
    private mutating func measureUtterance(at place: Int, in heard: Sound) {
        let utterance = report.utterances[place]
        let whole = heard.part(from: utterance.start, to: utterance.end ?? heard.duration)
        let edge = min(.milliseconds(40), whole.duration / 8)
        let part = whole.part(from: edge, to: whole.duration - edge)
        report.utterances[place].level = part.level
        report.utterances[place].pitch = Sound(samples: Array(part.samples.prefix(Self.measured))).pitch
    }
}
