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
            let message = try TwilioMessage.read(text)
            if case .media(let media) = message {
                try take(media, of: text)
            } else {
                listener?.carrierSaid(message)
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
            let gap = filler.frameArrived(
                timestamp: media.timestamp.map { Milliseconds(Int(clamping: $0)) }, count: SampleCount(count),
                at: arrived)
            if gap > .zero { forwardSilence(gap) }
            if lastFrame == nil { listener?.firstCallerAudio() }
            lastFrame = arrived
            wake()
            counts.framesIn += 1
            metrics.carrierIn.increment()
            forward(audio.span.extracting(first: count))
        }
        metrics.callerLatency.observe(nanoseconds: arrived.nanoseconds(to: loop.now))
    }

    /// The carrier sends nothing: the clock says how much silence stands for it.
    func fillGap(at now: Instant) {
        let gap = filler.clockAdvanced(to: now)
        if gap > .zero { forwardSilence(gap) }
    }

    private func forwardSilence(_ count: SampleCount) {
        metrics.carrierGaps.increment()
        counts.gaps += 1
        var left = count.rawValue
        while left > 0 {
            let piece = min(left, Self.silence.count)
            forward(Self.silence.span.extracting(first: piece))
            left -= piece
        }
    }

    /// As much as goes out in one message: 200 ms.
    private static let silence = [UInt8](repeating: G711.muLaw.silence, count: 1_600)

    private func forward(_ audio: Span<UInt8>) {
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
        guard let session, let upstream, !audio.isEmpty else { return }
        let sent = bench.message.lend { message in
            let place = session.writeCallerAudio(audio, into: &message)
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
