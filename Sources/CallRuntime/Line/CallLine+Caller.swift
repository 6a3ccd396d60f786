internal import CallCore
internal import CarrierWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire

// From the caller to the agent.
extension CallLine {
    func carrierReceived(_ text: Span<UInt8>) {
        do throws(CarrierError) {
            let message = try dialect.read(text)
            switch message {
            case .media(let media): try take(media, of: text)
            case .mark(let mark): take(mark, of: text)
            case .connected, .start, .digit, .stop, .trouble, .unknown: listener?.carrierSaid(message)
            }
        } catch {
            listener?.carrierMisspoke(error)
        }
    }

    private func take(_ media: CarrierMedia, of text: Span<UInt8>) throws(CarrierError) {
        guard writer != nil, media.isOf(stream: streamName.span, in: text) else {
            listener?.carrierSaidForeign()
            return
        }
        guard media.track != .outbound else { return }
        let arrived = loop.now
        try bench.audio.lend { (audio) throws(CarrierError) in
            let count = try media.decodePayload(of: text, into: &audio)
            let payload = audio.span.extracting(first: count)
            guard order != nil else { return take(payload, timestamp: media.timestamp, lost: 0, at: arrived) }
            switch order!.arrived(media, audio: payload, at: arrived) {
            case .next: take(payload, timestamp: media.timestamp, lost: 0, at: arrived)
            case .early: wake()
            case .late: counts.lateFromCarrier += 1
            }
        }
        if order?.isWaiting == true { takeWaiting(at: arrived) }
        let took = arrived.nanoseconds(to: loop.now)
        metrics.callerLatency.observe(nanoseconds: took)
        latency.observe(nanoseconds: took)
    }

    /// What came early, as far as what belongs before it has come or is given up.
    func takeWaiting(at now: Instant) {
        while let (kept, lost) = order?.next(at: now) {
            counts.lostFromCarrier += lost
            take(kept.audio.span, timestamp: kept.timestamp, lost: lost, at: now)
        }
    }

    /// - Parameter lost: So many messages before this one never came.
    private func take(_ payload: Span<UInt8>, timestamp: Int64?, lost: Int, at now: Instant) {
        if lastFrame == nil { listener?.firstCallerAudio() }
        // A line at rest looked at the gap some time ago; what the beat would have filled by now.
        if !isBeating { fillGap(at: now) }
        lastFrame = now
        vitals.frameCame(at: now)
        comeBack()
        counts.framesIn += 1
        metrics.carrierIn.increment()
        if packets?.hears == true {
            hear(payload, timestamp: timestamp, lost: lost, at: now)
        } else {
            takeSamples(payload, timestamp: timestamp, at: now)
        }
    }

    /// Sends the caller's samples on, behind the silence that stands for what is missing before them.
    func takeSamples(_ audio: Span<UInt8>, timestamp: Int64?, at now: Instant) {
        let gap = filler.frameArrived(
            timestamp: timestamp.map { Milliseconds(Int(clamping: $0)) },
            count: heardFormat.samples(in: ByteCount(audio.count)).count, at: now)
        if gap > .zero { forwardSilence(gap) }
        forward(audio)
    }

    /// The carrier sends nothing: the clock says how much silence stands for it. While something waits for what belongs
    /// before it, or is being decoded, the line is not silent.
    ///
    /// Nor before there is an upstream to end a turn: what is late then needs the room that silence would take.
    func fillGap(at now: Instant) {
        guard isUpstreamOpen, order?.isWaiting != true, !isDecoding(at: now) else { return }
        let gap = filler.clockAdvanced(to: now)
        if gap > .zero { forwardSilence(gap) }
    }

    private func forwardSilence(_ count: SampleCount) {
        metrics.carrierGaps.increment()
        counts.gaps += 1
        let silence = Self.silence(of: heardFormat.encoding)
        var left = heardFormat.bytes(of: count).rawValue
        while left > 0 {
            let piece = min(left, silence.count)
            forward(silence.span.extracting(first: piece))
            left -= piece
        }
    }

    /// As much as goes out in one message: 200 ms of a telephone's.
    private static func silence(of encoding: AudioFormat.Encoding) -> [UInt8] {
        switch encoding {
        case .muLaw: muLawSilence
        case .aLaw: aLawSilence
        case .pcm16: pcmSilence
        }
    }

    private static let muLawSilence = [UInt8](repeating: G711.muLaw.silence, count: 1_600)
    private static let aLawSilence = [UInt8](repeating: G711.aLaw.silence, count: 1_600)
    private static let pcmSilence = [UInt8](repeating: 0, count: 1_600)

    func forward(_ audio: Span<UInt8>) {
        guard isUpstreamOpen else {
            let kept = preroll.append(audio)
            if kept < audio.count { counts.lostBeforeUpstream += 1 }
            return
        }
        sendToUpstream(audio)
    }

    private func sendToUpstream(_ audio: Span<UInt8>) {
        if toUpstream == nil {
            append(audio)
        } else {
            toUpstream!.convert(audio, on: bench) { append($0) }
        }
    }

    private func append(_ audio: Span<UInt8>) {
        guard let callerAudio, let upstream, !audio.isEmpty else { return }
        let sent = bench.message.lend { message in
            let place = callerAudio.write(audio, into: &message)
            return upstream.send(text: message.span.extracting(place))
        }
        switch sent {
        case .sent, .waiting: metrics.upstreamOut.increment()
        // Who cannot take it now would get it too late.
        case .full: counts.lostToUpstream += 1
        case .closed: break
        }
    }

    /// The upstream is ready: what the caller said before comes first, whole and in order.
    package func openUpstream() {
        isUpstreamOpen = true
        guard !preroll.isEmpty else { return }
        bench.audio.lend { audio in
            while !preroll.isEmpty {
                let count = preroll.take(into: &audio)
                // In pieces as they come from a phone: nobody upstream expects ten seconds in one.
                var start = 0
                while start < count {
                    let end = min(start + 800, count)
                    sendToUpstream(audio.span.extracting(start..<end))
                    start = end
                }
            }
        }
    }
}
