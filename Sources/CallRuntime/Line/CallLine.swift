package import CallCore
package import CarrierWire
internal import MediaCodecs
package import MediaCore
package import Timeline
package import UpstreamWire

/// The way of a frame: the two sockets of one call and everything between them. What is not audio goes to the listener.
///
/// Touched on the call's loop alone, by the sockets' callbacks, the beat and the call's own actor, which runs there too.
/// Why @unchecked: that thread is the lock.
package final class CallLine: @unchecked Sendable {
    /// How far ahead of the caller's ear the carrier is supplied.
    static let window = Milliseconds(400)
    /// Once there is that much, it goes out in pieces of this size: fewer messages, and nobody hears it.
    static let piece = Milliseconds(100)
    /// A mark at least so often, so that the playhead is known.
    static let markEvery = Milliseconds(400)
    /// What the caller still has to hear while less than a frame waits for more.
    static let crumbWaits = Milliseconds(60)
    static let preroll = Milliseconds(10_000)
    static let playout = Milliseconds(120_000)

    let loop: any CallLoop
    let bench: FrameBench
    let metrics: LineMetrics
    /// Read by the supervisor.
    let vitals: CallVitals
    let dialect: CarrierDialect
    /// The loop's.
    let codecs: CodecDesk
    private let slabs: SlabPool
    /// Broken when the call ends.
    var listener: (any LineListener)?

    // The carrier's side.
    var carrier: (any CallSocket)?
    var writer: CarrierWriter?
    var streamName: [UInt8] = []
    /// Where messages may overtake each other.
    var order: ChunkOrder?
    /// Where the carrier speaks in packets, or is spoken to in packets.
    var packets: PacketLine?
    /// What the caller is heard in, once it is decoded, and what is played to the caller before it is encoded.
    var heardFormat = AudioFormat.muLaw8k
    var spokenFormat = AudioFormat.muLaw8k
    var filler = GapFiller(rate: .hz8000)
    var lastFrame: Instant?
    var isCarrierBusy = false

    // The upstream's side.
    var upstream: (any CallSocket)?
    private var upstreamEnd: UpstreamEnd?
    var session: (any UpstreamSession)?
    /// How it is told what the caller says.
    var callerAudio: AudioMessageForm?
    var standIn: StandInSession?
    /// When the upstream's last message came.
    var lastRead = Instant.zero
    /// Caller audio goes to the upstream; before that it is kept.
    var isUpstreamOpen = false
    var preroll: SlabRing
    var toUpstream: Transcoder?

    // What the agent says.
    var playout: SlabRing
    var ledger: PlayoutLedger
    var items = AgentItems()
    var fromUpstream: Transcoder?
    /// Whose audio the transcoder is at.
    var transcoded: AgentItem?
    var detector: FormatDetector?
    var agentFormat = AudioFormat.muLaw8k
    var sinceMark = SampleCount.zero
    var isWatched = false
    /// Told when the caller has heard up to here.
    var milestone: SampleCount?
    var tone: WaitingTone?
    var toneTranscoder: Transcoder?
    /// Beats since the tone began.
    var toneBeats = 0

    // Its place in the beat, see CallLine+Rest.swift.
    var isBeating = false
    var isSpared = false
    var restTimer: (any CallTimer)?

    var counts = LineCounts()
    /// What the bridge added to each piece, both ways.
    var latency = LatencySketch()

    package init(
        loop: any CallLoop, bench: FrameBench, slabs: SlabPool, metrics: LineMetrics,
        dialect: CarrierDialect = .twilio, codecs: CodecDesk = CodecDesk(), vitals: CallVitals = CallVitals()
    ) {
        self.loop = loop
        self.bench = bench
        self.metrics = metrics
        self.dialect = dialect
        self.codecs = codecs
        self.vitals = vitals
        self.slabs = slabs
        preroll = SlabRing(capacity: heardFormat.bytes(in: Self.preroll).rawValue, pool: slabs)
        playout = SlabRing(capacity: spokenFormat.bytes(in: Self.playout).rawValue, pool: slabs)
        ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
    }

    /// The carrier carries more of a voice than a telephone does.
    var isWideband: Bool { max(heardFormat.rate.rawValue, spokenFormat.rate.rawValue) > SampleRate.hz8000.rawValue }

    // MARK: its life

    /// The carrier said which stream this is: frames count from now on.
    ///
    /// - Parameter packets: Where the carrier does not speak sample by sample.
    package func start(stream: String, as voice: CarrierVoice = .muLaw8k, packets: PacketLine? = nil) {
        streamName = Array(stream.utf8)
        writer = dialect.writer(stream: stream)
        order = dialect.isUnordered ? ChunkOrder() : nil
        self.packets = packets
        if voice != .muLaw8k { speak(voice) }
        packets?.attach(self)
        restTimer = loop.timer { [weak self] now in self?.restOver(at: now) }
        wake()
    }

    /// Nothing was heard or said yet.
    private func speak(_ voice: CarrierVoice) {
        heardFormat = voice.heard.format
        spokenFormat = voice.spoken.format
        filler = GapFiller(rate: heardFormat.rate)
        preroll = SlabRing(capacity: heardFormat.bytes(in: Self.preroll).rawValue, pool: slabs)
        playout = SlabRing(capacity: spokenFormat.bytes(in: Self.playout).rawValue, pool: slabs)
        ledger = PlayoutLedger(rate: spokenFormat.rate, sourceRate: agentFormat.rate)
    }

    /// An upstream is about to be dialled, and these are the formats that it will be asked for.
    package func prepare(_ session: any UpstreamSession, formats: UpstreamFormats) throws {
        self.session = session
        callerAudio = session.callerAudio
        agentFormat = formats.agentAudio
        ledger = PlayoutLedger(rate: spokenFormat.rate, sourceRate: formats.agentAudio.rate)
        items = AgentItems()
        transcoded = nil
        detector = FormatDetector(promised: formats.agentAudio.encoding)
        toUpstream =
            formats.callerAudio == heardFormat ? nil : try Transcoder(from: heardFormat, to: formats.callerAudio)
        // Two bytes a sample may come in any pieces, so what needs no other code still needs its halves put together.
        let isByteForByte = formats.agentAudio == spokenFormat && spokenFormat.encoding != .pcm16
        fromUpstream = isByteForByte ? nil : try Transcoder(from: formats.agentAudio, to: spokenFormat)
    }

    /// The session settled on these, whatever it was asked for.
    func adopt(_ formats: UpstreamFormats) throws {
        let isAsPrepared =
            formats.agentAudio == agentFormat && formats.callerAudio == toUpstream?.target ?? heardFormat
        guard !isAsPrepared else { return }
        guard let session else { return }
        try prepare(session, formats: formats)
    }

    package func sessionOpened() -> [UpstreamEvent] { tell { $0.opened(at: $1) } }

    func sessionClosed(code: UInt16, reason: String) -> [UpstreamEvent] {
        tell { $0.closed(code: code, reason: reason, at: $1) }
    }

    private func tell(_ body: (inout any UpstreamSession, Instant) -> UpstreamOutput) -> [UpstreamEvent] {
        guard var session else { return [] }
        self.session = nil
        let output = body(&session, loop.now)
        self.session = session
        send(output.messages)
        return output.events
    }

    /// The other end of the next upstream socket.
    package func newUpstreamEnd() -> UpstreamEnd {
        upstreamEnd?.letGo()
        let end = UpstreamEnd(self, side: .first)
        upstreamEnd = end
        return end
    }

    func connect(_ socket: any CallSocket) {
        join(socket)
        listener?.upstreamOpened()
    }

    private func join(_ socket: any CallSocket) {
        upstream = socket
        if let carrier {
            carrier.feeds(socket, through: [self])
            socket.feeds(carrier, through: [self])
        }
    }

    /// The session that stands in is the line's own from now on, in the formats that it settled on.
    func takeOver(_ formats: UpstreamFormats) throws {
        guard let next = standIn else { return }
        standIn = nil
        dropUpstream()
        next.end?.side = .first
        upstreamEnd = next.end
        if let socket = next.socket { join(socket) }
        try prepare(next.session, formats: formats)
    }

    func upstreamClosed(_ end: CallSocketEnd) {
        upstream = nil
        isUpstreamOpen = false
        listener?.upstreamEnded(end)
    }

    /// Lets the upstream go: nothing of it is heard any more, and its end is not told.
    func dropUpstream() {
        isUpstreamOpen = false
        session = nil
        upstreamEnd?.letGo()
        upstreamEnd = nil
        let socket = upstream
        upstream = nil
        socket?.close(code: 1000, reason: "")
    }

    /// Lets everything go.
    func end() {
        loop.leave(self)
        isBeating = false
        restTimer?.set(.never)
        dropUpstream()
        dropStandIn()
        preroll.removeAll()
        playout.removeAll()
        tone = nil
        packets?.close()
        packets = nil
        // A carrier that said `stop` may leave its socket open; one that is closing already takes no notice.
        carrier?.close(code: 1000, reason: "")
        carrier = nil
        listener = nil
    }

    // MARK: what the call asks of its upstream

    /// Says it to the upstream and returns what the session has to tell.
    func perform(_ command: UpstreamCommand) -> [UpstreamEvent] {
        tell { $0.perform(command, at: $1) }
    }

    var sessionDeadline: Deadline { session?.deadline ?? .never }

    func sessionDeadlineReached(at now: Instant) -> [UpstreamEvent] {
        tell { session, _ in session.deadlineReached(at: now) }
    }

    func send(_ messages: [[UInt8]]) {
        guard let upstream else { return }
        // What a slow upstream does not take ends it: its socket is over its limit, and a conversation that lost a
        // request goes wrong in silence.
        for message in messages where upstream.send(text: message.span) == .full { upstream.kill() }
    }
}

extension CallLine: CallBeat {
    package func beat(at now: Instant) -> Instant {
        if order?.isWaiting == true { takeWaiting(at: now) }
        fillGap(at: now)
        if tone != nil { soundTone() }
        pump(at: now)
        if let milestone, ledger.playhead(at: now) >= milestone {
            self.milestone = nil
            listener?.milestoneHeard()
        }
        vitals.keeps(preroll: preroll.count, playout: playout.count)
        restIfQuiet(at: now)
        return sparedUntil(now)
    }
}
