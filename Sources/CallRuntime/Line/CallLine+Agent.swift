internal import CallCore
internal import CarrierWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire

// From the agent to the caller.
extension CallLine {
    func upstreamReceived(_ text: Span<UInt8>) {
        let now = loop.now
        lastRead = now
        vitals.upstreamSpoke(at: now)
        guard let reception = session?.receive(text, at: now) else { return }
        switch reception {
        case .audio(let item, let base64):
            metrics.upstreamIn.increment()
            takeAudio(item, base64: text.extracting(base64), at: now)
            let took = now.nanoseconds(to: loop.now)
            metrics.agentLatency.observe(nanoseconds: took)
            latency.observe(nanoseconds: took)
        case .lateAudio:
            counts.lateAgentAudio += 1
        case .other(let output):
            send(output.messages)
            listener?.upstreamSaid(output)
        }
    }

    /// Piece by piece, so that a delta of any length needs no memory of its own.
    private func takeAudio(_ item: AgentItem, base64: Span<UInt8>, at now: Instant) {
        let step = FrameBench.audioByteCount / 3 * 4
        var start = 0
        while start < base64.count {
            let end = min(start + step, base64.count)
            let isGood = bench.audio.lend { audio in
                guard let count = Base64.decode(base64.extracting(start..<end), into: &audio) else { return false }
                keep(audio.span.extracting(first: count), of: item)
                return true
            }
            guard isGood else {
                listener?.upstreamMisspoke("upstream.malformed_audio", "A piece of audio is no base64.")
                break
            }
            start = end
        }
        pump(at: now)
    }

    /// Audio that the session had to decode itself.
    func takeAudio(_ bytes: [UInt8], of item: AgentItem) {
        var start = 0
        while start < bytes.count {
            let end = min(start + FrameBench.audioByteCount, bytes.count)
            keep(bytes.span.extracting(start..<end), of: item)
            start = end
        }
        pump(at: loop.now)
    }

    private func keep(_ bytes: Span<UInt8>, of item: AgentItem) {
        if detector?.inspect(bytes) == true, let found = detector?.found {
            // What waits is noise, too.
            _ = interrupt(at: loop.now)
            listener?.agentAudioIsNot(agentFormat, but: found)
        }
        guard detector?.found == nil else { return }
        begin(item)
        let source = agentFormat.samples(in: ByteCount(bytes.count)).count
        guard items[item]?.hasOverflowed == false else {
            items[item]?.dropped += source
            return
        }
        if fromUpstream == nil {
            queue(bytes, source: source, of: item)
        } else {
            fromUpstream!.convert(bytes, on: bench) { queue($0, source: source, of: item) }
        }
    }

    /// Each item is transcoded by itself: half a sample at the end of one is no part of the next, unless that is the rest
    /// of it.
    private func begin(_ item: AgentItem) {
        if let last = transcoded, item != last, fromUpstream != nil {
            fromUpstream!.finish(mayGoOn: session?.mayBeRest(item, of: last) == true, on: bench) { _ in }
        }
        transcoded = item
        guard items[item] == nil else { return }
        switch ledger.beginItem(in: ledger.generation) {
        case .begun(let playout): items[item] = AgentItems.Entry(item: item, playout: playout)
        case .full, .outdated: items[item] = AgentItems.Entry(item: item, playout: nil)
        }
    }

    /// - Parameter source: How many samples this was upstream; what is not taken counts for nothing.
    func queue(_ audio: Span<UInt8>, source: SampleCount, of item: AgentItem) {
        let start = ledger.received
        var taken = 0
        var takenSource = SampleCount.zero
        if let playing = items[item]?.playout, ledger.hasRoom(for: playing) {
            taken = playout.append(audio)
            takenSource = taken == audio.count ? source : SampleCount(source.rawValue * taken / audio.count)
            _ = ledger.receive(spokenFormat.samples(in: ByteCount(taken)).count, source: takenSource, of: playing)
        }
        if taken > 0, items[item]?.start == nil { items[item]?.start = start }
        guard taken < audio.count else { return }
        items[item]?.hasOverflowed = true
        items[item]?.dropped += source - takenSource
        let dropped = spokenFormat.milliseconds(of: ByteCount(audio.count - taken))
        listener?.agentOverflowed(dropped: dropped)
    }

    /// How much it came to, once no more can be added to it.
    private func tellDropped(_ entry: AgentItems.Entry) {
        items[entry.item]?.dropped = .zero
        listener?.agentAudioDropped(agentFormat.rate.milliseconds(of: entry.dropped))
    }

    /// No more will come of this.
    func agentAudioEnded(_ item: AgentItem) {
        if let entry = items[item], entry.dropped > .zero { tellDropped(entry) }
        guard let playing = items[item]?.playout, items[item]?.hasOverflowed == false else { return }
        if item == transcoded, fromUpstream != nil {
            // Behind a pause the last sounds of a filter would be a click.
            let isHeard = ledger.remaining(at: loop.now) == .zero
            // Whether it was the end is seen when the next item begins.
            fromUpstream!.finish(mayGoOn: true, on: bench) { rest in
                if !isHeard { queue(rest, source: .zero, of: item) }
            }
        }
        if let held = packets?.delay { queueSilence(held, of: item) }
        if items[item]?.hasOverflowed == false { ledger.finish(playing) }
        pump(at: loop.now)
    }

    // MARK: supplying the carrier

    /// Sends what is due: the carrier is kept supplied up to the window, and no further, so that an interruption is short.
    func pump(at now: Instant) {
        let rate = spokenFormat.rate
        // Packets go one a message anyway, so a few at each beat hold up the loop less than many at every fifth.
        let piece = packets?.speaks == true ? rate.samplesPerFrame : rate.samples(in: Self.piece)
        while !playout.isEmpty, !isCarrierBusy, tone == nil {
            let lead = ledger.lead(at: now)
            let room = rate.samples(in: Self.window) - lead
            guard room >= piece else { return wake() }
            var count = min(spokenFormat.samples(in: ByteCount(playout.count)).count, room)
            // A crumb can wait for what comes behind it, as long as the caller has something to hear.
            // In a packet it is filled up with silence.
            let isCrumb = count < rate.samplesPerFrame
            let mayWait = sinceMark > .zero || packets?.speaks == true
            if isCrumb, mayWait, lead > rate.samples(in: Self.crumbWaits) { return wake() }
            if isCrumb, packets?.speaks == true { count += fillPacket(behind: count) }
            guard supply(count, afterSilence: lead == .zero, at: now) else { return wake() }
            if sinceMark >= markDistance { sendMark() }
        }
        // Also for what a busy carrier took last.
        if playout.isEmpty, !isCarrierBusy { sendMark() }
        if !playout.isEmpty { wake() }
    }

    private func supply(_ wanted: SampleCount, afterSilence: Bool, at now: Instant) -> Bool {
        let goesOn = items.goesOn(at: ledger.sent)
        let sent = packets?.speaks == true ? speakAndCount(wanted, at: now) : sendAndCount(wanted, at: now)
        counts.framesOut += 1
        metrics.carrierOut.increment()
        if afterSilence, goesOn { counts.underruns += 1 }  // It fell silent in the middle.
        while let item = items.takeBegun(before: ledger.sent) { listener?.agentBegan(item) }
        switch sent {
        case .sent: return true
        case .waiting, .full, .closed:
            isCarrierBusy = true
            return false
        }
    }

    private func speakAndCount(_ wanted: SampleCount, at now: Instant) -> CallSocketSent {
        let (count, sent) = speak(wanted, at: now)
        ledger.send(count, at: now)
        sinceMark += count
        return sent
    }

    /// Sends so many samples as they are; where a mark is due behind them, in the same write.
    private func sendAndCount(_ count: SampleCount, at now: Instant) -> CallSocketSent {
        ledger.send(count, at: now)
        sinceMark += count
        return bench.converted.lend { audio in
            let taken = playout.take(upTo: spokenFormat.bytes(of: count).rawValue, into: &audio)
            let mark = playout.isEmpty || sinceMark >= markDistance ? dueMark : nil
            guard let carrier, let writer, let mark else { return send(audio: audio.span.extracting(first: taken)) }
            return bench.message.lend { message in
                let media = writer.writeMedia(audio.span.extracting(first: taken), into: &message, at: 0)
                let rest = writer.writeMark(mark, into: &message, at: media.upperBound)
                let sent = carrier.send(text: message.span.extracting(media), then: message.span.extracting(rest))
                if sent == .sent || sent == .waiting { sinceMark = .zero }
                return sent
            }
        }
    }

    private var markDistance: SampleCount { spokenFormat.rate.samples(in: Self.markEvery) }

    /// Nil where nothing was sent since the last one.
    private var dueMark: MarkName? { sinceMark > .zero ? ledger.mark.flatMap { MarkName($0) } : nil }

    /// One message of audio, coded as the carrier wants it.
    func send(audio: Span<UInt8>) -> CallSocketSent {
        guard let carrier, let writer else { return .closed }
        return bench.message.lend { message in
            let place = writer.writeMedia(audio, into: &message, at: 0)
            return carrier.send(text: message.span.extracting(place))
        }
    }

    func sendMark() {
        guard let mark = dueMark else { return }
        sinceMark = .zero
        if packets?.speaksAway == true { queue(mark) } else { send(mark) }
    }

    func send(_ mark: MarkName) {
        guard let carrier, let writer else { return }
        bench.message.lend { message in
            let place = writer.writeMark(mark, into: &message, at: 0)
            _ = carrier.send(text: message.span.extracting(place))
        }
    }

    /// A mark came back. Where it is one of ours, as nearly all are, without allocating.
    func take(_ mark: CarrierMark, of text: Span<UInt8>) {
        guard writer != nil, mark.isOf(stream: streamName.span, in: text) else {
            listener?.carrierSaidForeign()
            return
        }
        guard let name = mark.plainName, let ours = PlayoutMark(parsing: text.extracting(name)) else {
            return take(mark: mark.name(in: text))
        }
        let acknowledgement = ledger.acknowledge(ours, at: loop.now)
        if acknowledgement != .counted {
            listener?.markReturned(mark.name(in: text), as: acknowledgement)
        }
        goOn()
    }

    func take(mark name: String) {
        guard let mark = PlayoutMark(parsing: name.utf8.span) else {
            listener?.markReturned(name, as: nil)
            return
        }
        let acknowledgement = ledger.acknowledge(mark, at: loop.now)
        if acknowledgement != .counted { listener?.markReturned(name, as: acknowledgement) }
        goOn()
    }

    /// Some of what was sent has been heard.
    private func goOn() {
        pump(at: loop.now)
        tellIfPlayed()
    }

    /// Tells once the caller has heard everything, which may be so already.
    func watchPlayout() {
        isWatched = true
        tellIfPlayed()
    }

    /// Tells when the caller has heard all that came so far, whatever comes behind it.
    func setMilestone() {
        milestone = ledger.received
        wake()
    }

    /// Nothing of what came so far is still to be heard.
    var isAllHeard: Bool { playout.isEmpty && ledger.acknowledged == ledger.received }

    private func tellIfPlayed() {
        guard isAllHeard else { return }
        listener?.heardAll()
        guard isWatched else { return }
        isWatched = false
        listener?.playoutEnded()
    }

    /// When the last word of what came so far will have been heard; nil if it has been.
    var endOfPlayout: Instant? { ledger.endOfPlayout(at: loop.now) }

    // MARK: interruption

    /// The caller hears nothing more of what came so far, from this very turn on.
    ///
    /// - Parameter last: What came behind it is not meant and goes on; nil where everything is meant.
    /// - Returns: What was heard of each item that was open; empty if there was nothing to stop.
    func interrupt(at now: Instant, through last: AgentItem? = nil) -> [PlayoutCut] {
        isWatched = false
        milestone = nil
        guard ledger.remaining(at: now) > .zero || !playout.isEmpty else { return [] }
        if let last, let kept = items.next(after: last), let start = kept.start, let playing = kept.playout {
            return start <= ledger.playhead(at: now) ? [] : interrupt(before: playing, at: now)
        }
        playout.removeAll()
        sendClear()
        sinceMark = .zero
        return ledger.interrupt(at: now)
    }

    /// Where some of what goes on is at the carrier already, the little that comes before it is heard, too.
    private func interrupt(before kept: PlayoutItem, at now: Instant) -> [PlayoutCut] {
        guard let (cuts, start) = ledger.interrupt(before: kept, at: now) else { return [] }
        sendClear()
        sinceMark = .zero
        var stale = playout.count - spokenFormat.bytes(of: ledger.received).rawValue
        bench.converted.lend { scratch in
            while stale > 0 {
                let taken = playout.take(upTo: stale, into: &scratch)
                guard taken > 0 else { break }
                stale -= taken
            }
        }
        items.move(by: start)
        return cuts
    }

    /// What the caller has still to hear.
    func remaining(at now: Instant) -> Milliseconds { ledger.rate.milliseconds(of: ledger.remaining(at: now)) }

    /// What waits is not sent any more; what the carrier has it may play.
    func stopPlayout() {
        isWatched = false
        playout.removeAll()
        milestone = nil
        packets?.drop()
        _ = ledger.interrupt(at: loop.now)
        forgetItems()
    }

    /// Which item of the upstream a cut is about. Asked before the items of an interruption are forgotten.
    func item(of cut: PlayoutCut) -> AgentItem? { items.item(cut.item) }

    func forgetItems(through last: AgentItem? = nil) {
        for entry in items.dropped where last.map({ entry.item <= $0 }) ?? true { tellDropped(entry) }
        items.remove(through: last)
    }

    private func sendClear() {
        packets?.drop()
        guard let carrier, let writer else { return }
        _ = bench.message.lend { message in
            let place = writer.writeClear(into: &message, at: 0)
            return carrier.send(text: message.span.extracting(place))
        }
    }

    // MARK: the waiting tone

    func startTone() {
        tone = WaitingTone()
        toneBeats = 0
        wake()
    }

    /// What was sent of it and not yet heard goes at once.
    func stopTone() {
        guard tone != nil else { return }
        tone = nil
        sendClear()
        pump(at: loop.now)
    }

    /// 100 ms every fifth beat, and once that much ahead, so that a late beat leaves no gap.
    func soundTone() {
        toneBeats += 1
        guard toneBeats % 5 == 1, !isCarrierBusy else { return }
        if toneBeats == 1 { sendTone() }
        sendTone()
    }

    private func sendTone() {
        var samples = InlineArray<800, Int16>(repeating: 0)
        var target = samples.mutableSpan
        tone?.fill(&target)
        let sent = bench.audio.lend { audio in
            G711.muLaw.encode(target.span, into: &audio)
            return sendTone(audio.span.extracting(first: 800))
        }
        isCarrierBusy = sent != .sent
    }

    /// - Parameter tone: 100 ms of μ-law.
    private func sendTone(_ tone: Span<UInt8>) -> CallSocketSent {
        guard spokenFormat != .muLaw8k else { return send(audio: tone) }
        if toneTranscoder == nil { toneTranscoder = try? Transcoder(from: .muLaw8k, to: spokenFormat) }
        var sent = CallSocketSent.sent
        toneTranscoder?.convert(tone, on: bench) { audio in
            sent = packets?.speaks == true ? speak(audio, at: loop.now) : send(audio: audio)
        }
        return sent
    }
}

extension MarkName {
    fileprivate init?(_ mark: PlayoutMark) {
        var bytes = InlineArray<40, UInt8>(repeating: 0)
        var target = bytes.mutableSpan
        let count = mark.write(to: &target)
        // SAFETY: at most `count` bytes are written, and that many are promised.
        let text = unsafe String(unsafeUninitializedCapacity: count) { buffer in
            for index in 0..<count { unsafe buffer[index] = bytes[index] }
            return count
        }
        self.init(text)
    }
}
