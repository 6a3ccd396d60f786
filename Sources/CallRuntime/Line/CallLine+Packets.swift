internal import CallCore
internal import CarrierWire
internal import MediaCore
internal import Timeline
internal import UpstreamWire

// Packets from and to the carrier, on the loop or by way of its worker.
extension CallLine {
    /// What comes back from the worker later than this has been filled with silence meanwhile.
    private static let patience = GapFiller.patience.duration

    // MARK: the caller

    /// - Parameter lost: So many packets before this one never came.
    func hear(_ payload: Span<UInt8>, timestamp: Int64?, lost: Int, at now: Instant) {
        guard let packets, let ear = packets.ear else { return }
        guard let lane = packets.lane else {
            return bench.sound.lend { sound in
                let heard = ear.hear(payload, lost: missing(lost), into: &sound)
                take(heard, sound.span.extracting(first: heard.count), timestamp: timestamp, at: now)
            }
        }
        if packets.waiting.isEmpty, submit(payload, timestamp: timestamp, lost: lost, arrived: now, to: lane) { return }
        // With a worker that is stuck nothing waits.
        var isKept = payload.count <= OpusMouth.byteCount && isDecoding(at: now)
        if isKept {
            let bytes = payload.indices.map { payload[$0] }
            isKept = packets.wait(
                PacketLine.Waiting(payload: bytes, timestamp: timestamp, lost: lost, arrived: now))
        }
        if !isKept { counts.badPackets += 1 }
    }

    /// Where the clock has filled the place of what is missing, nothing more is made up for it.
    private func missing(_ lost: Int) -> Int { filler.filled == packets?.filled ? lost : 0 }

    private func submit(
        _ payload: Span<UInt8>, timestamp: Int64?, lost: Int, arrived: Instant, to lane: CodecLane
    ) -> Bool {
        lane.submit { seat in
            guard payload.count <= seat.bytes.count else { return false }
            seat.bytes.write { bytes in
                for index in payload.indices { bytes[index] = payload[index] }
            }
            seat.byteCount = payload.count
            seat.order = .hear(lost: missing(lost), timestamp: timestamp)
            seat.asked = arrived
            return true
        }
    }

    /// The worker has a packet of the caller's, and has it not for too long.
    func isDecoding(at now: Instant) -> Bool {
        guard let since = packets?.lane?.hearingSince else { return false }
        return since.duration(to: now) < Self.patience
    }

    private func take(_ heard: OpusEar.Heard, _ sound: Span<Int16>, timestamp: Int64?, at now: Instant) {
        if heard.isMalformed {
            counts.badPackets += 1
            listener?.carrierMisspoke(.payloadNotOpus)
        }
        bench.packet.lend { bytes in
            bytes.copyPCM(sound)
            let end = 2 * heard.madeUp
            if end > 0 { takeSamples(bytes.span.extracting(first: end), timestamp: nil, at: now) }
            takeSamples(bytes.span.extracting(end..<2 * heard.count), timestamp: timestamp, at: now)
        }
        packets?.filled = filler.filled
    }

    // MARK: the agent

    /// Sends so many samples of what waits, a frame a message; less than a frame is filled up with silence. Returns how
    /// many it was: whole frames, unless less was wanted.
    func speak(_ wanted: SampleCount, at now: Instant) -> (SampleCount, CallSocketSent) {
        let frame = spokenFormat.rate.samplesPerFrame
        let frameByteCount = spokenFormat.bytesPerFrame.rawValue
        var count = SampleCount.zero
        var sent = CallSocketSent.sent
        repeat {
            bench.converted.lend { bytes in
                let taken = playout.take(upTo: frameByteCount, into: &bytes)
                for index in taken..<frameByteCount { bytes[index] = 0 }
                count += spokenFormat.samples(in: ByteCount(taken)).count
                sent = speak(frame: bytes.span.extracting(first: frameByteCount), at: now)
            }
        } while count + frame <= wanted && sent == .sent
        return (count, sent)
    }

    /// Sends whole frames.
    func speak(_ audio: Span<UInt8>, at now: Instant) -> CallSocketSent {
        let frameByteCount = spokenFormat.bytesPerFrame.rawValue
        var sent = CallSocketSent.sent
        for start in stride(from: 0, through: audio.count - frameByteCount, by: frameByteCount) where sent == .sent {
            sent = speak(frame: audio.extracting(start..<start + frameByteCount), at: now)
        }
        return sent
    }

    private func speak(frame: Span<UInt8>, at now: Instant) -> CallSocketSent {
        guard let packets, let mouth = packets.mouth else { return .closed }
        guard let lane = packets.lane else {
            return bench.sound.lend { sound in
                sound.copyPCM(frame, to: 0)
                return send(sound.span.extracting(first: frame.count / 2), by: mouth)
            }
        }
        let isTaken = lane.submit { seat in
            seat.samples.write { $0.copyPCM(frame, to: 0) }
            seat.sampleCount = frame.count / 2
            seat.order = .speak
            seat.generation = packets.generation
            seat.asked = now
            return true
        }
        if !isTaken { counts.badPackets += 1 }
        return .sent
    }

    private func send(_ frame: Span<Int16>, by mouth: OpusMouth) -> CallSocketSent {
        bench.packet.lend { packet in
            let count = mouth.speak(frame, into: &packet)
            guard count > 0 else {
                counts.badPackets += 1
                return .sent
            }
            return send(audio: packet.span.extracting(first: count))
        }
    }

    /// Sends a mark behind what the worker still has to encode.
    func queue(_ mark: MarkName) {
        guard let packets, let lane = packets.lane else { return }
        let isTaken = lane.submit { seat in
            seat.order = .mark(mark)
            seat.generation = packets.generation
            return true
        }
        if !isTaken { counts.badPackets += 1 }
    }

    /// Puts silence behind all that waits, which is less than a packet, and returns how much. What the carrier plays is what
    /// the ledger knows of.
    func fillPacket(behind count: SampleCount) -> SampleCount {
        let silence = InlineArray<2_880, UInt8>(repeating: spokenFormat.silence)
        let missing = spokenFormat.bytesPerFrame.rawValue - spokenFormat.bytes(of: count).rawValue
        let taken = playout.append(silence.span.extracting(first: min(missing, 2_880)))
        let filled = spokenFormat.samples(in: ByteCount(taken)).count
        ledger.fill(filled)
        return filled
    }

    /// Lets out what the codec holds back of the end of an item, or the caller would hear it before the next one.
    func queueSilence(_ count: SampleCount, of item: AgentItem) {
        let silence = InlineArray<160, UInt8>(repeating: spokenFormat.silence)
        var left = spokenFormat.bytes(of: count).rawValue
        while left > 0 {
            let piece = min(left, 160)
            queue(silence.span.extracting(first: piece), source: .zero, of: item)
            left -= piece
        }
    }

    // MARK: what the worker has done

    func collectPackets() {
        guard let packets, let lane = packets.lane else { return }
        let now = loop.now
        lane.takeDone { seat in
            let age = seat.asked.duration(to: now)
            switch seat.order {
            case .hear(_, let timestamp):
                guard age < Self.patience else {
                    counts.badPackets += 1
                    return
                }
                seat.samples.read(first: seat.heard.count) { take(seat.heard, $0, timestamp: timestamp, at: now) }
            case .speak:
                guard seat.generation == packets.generation else { return }
                guard age < Self.window.duration, seat.byteCount > 0 else {
                    counts.badPackets += 1
                    return
                }
                let sent = seat.bytes.read(first: seat.byteCount) { send(audio: $0) }
                if sent != .sent { isCarrierBusy = true }
            case .mark(let name):
                if seat.generation == packets.generation { send(name) }
            }
        }
        packets.takeWaiting {
            submit($0.payload.span, timestamp: $0.timestamp, lost: $0.lost, arrived: $0.arrived, to: lane)
        }
    }
}
