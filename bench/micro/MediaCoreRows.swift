import MediaCore
import Timeline

/// 20 ms of telephone audio that is neither silence nor a pattern a predictor learns at once.
private let codes: [UInt8] = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 &* 7) }

let mediaCoreRows: [Benchmark] = [
    Benchmark("base64 encode, 160 bytes", limit: 80) { meter in
        let bytes = codes
        var text = [UInt8](repeating: 0, count: Base64.encodedByteCount(bytes.count))
        meter.measure {
            var target = text.mutableSpan
            keep(Base64.encode(bytes.span, into: &target))
        }
    },
    Benchmark("base64 decode, 160 bytes", limit: 150) { meter in
        var text = [UInt8](repeating: 0, count: Base64.encodedByteCount(codes.count))
        var span = text.mutableSpan
        Base64.encode(codes.span, into: &span)
        var bytes = [UInt8](repeating: 0, count: codes.count)
        let source = text
        meter.measure {
            var target = bytes.mutableSpan
            keep(Base64.decode(source.span, into: &target))
        }
    },
    Benchmark("mu-law to PCM", limit: 60) { meter in
        let source = codes
        var samples = [Int16](repeating: 0, count: source.count)
        meter.measure {
            var target = samples.mutableSpan
            G711.muLaw.decode(source.span, into: &target)
        }
    },
    Benchmark("PCM to mu-law", limit: 60) { meter in
        let samples = codes.map { Int16(truncatingIfNeeded: Int($0) * 257) }
        var target = [UInt8](repeating: 0, count: samples.count)
        meter.measure {
            var span = target.mutableSpan
            G711.muLaw.encode(samples.span, into: &span)
        }
    },
    Benchmark("sample ring, append and take", limit: 40) { meter in
        var ring = SampleRing(capacity: 1_000)
        let samples = codes.map { Int16($0) }
        var frame = [Int16](repeating: 0, count: samples.count)
        meter.measure {
            ring.append(samples.span)
            var target = frame.mutableSpan
            ring.take(into: &target)
        }
    },
    Benchmark("slab ring, append and take", limit: 80) { meter in
        var ring = SlabRing(capacity: 960_000, pool: SlabPool(limit: 300, spares: 4))
        let bytes = codes
        ring.append(bytes.span)
        var frame = [UInt8](repeating: 0, count: bytes.count)
        meter.measure {
            ring.append(bytes.span)
            var target = frame.mutableSpan
            ring.take(into: &target)
        }
    },
    Benchmark("slab ring, one frame and empty again", limit: 100) { meter in
        var ring = SlabRing(capacity: 960_000, pool: SlabPool(limit: 300, spares: 4))
        let bytes = codes
        var frame = [UInt8](repeating: 0, count: bytes.count)
        meter.measure {
            ring.append(bytes.span)
            var target = frame.mutableSpan
            ring.take(into: &target)
        }
    },
    Benchmark("ledger: receive, send, mark, acknowledge", limit: 150) { meter in
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz24000)
        guard case .begun(let item) = ledger.beginItem(in: ledger.generation) else { return }
        var now = Instant.zero
        meter.measure {
            _ = ledger.receive(SampleCount(160), source: SampleCount(480), of: item)
            ledger.send(SampleCount(160), at: now)
            now = now.advanced(byNanoseconds: 20_000_000)
            guard let mark = ledger.mark else { return }
            keep(ledger.acknowledge(mark, at: now))
        }
    },
    Benchmark("ledger: playhead and end", limit: 60) { meter in
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz24000)
        guard case .begun(let item) = ledger.beginItem(in: ledger.generation) else { return }
        _ = ledger.receive(SampleCount(80_000), source: SampleCount(240_000), of: item)
        ledger.send(SampleCount(80_000), at: .zero)
        var now = Instant.zero
        meter.measure {
            now = now.advanced(byNanoseconds: 1)
            keep(ledger.lead(at: now))
            keep(ledger.endOfPlayout(at: now))
        }
    },
    Benchmark("gap filler: frame and clock", limit: 60) { meter in
        var filler = GapFiller(rate: .hz8000)
        var time = 0
        meter.measure {
            let now = Instant(nanoseconds: Int64(time) * 1_000_000)
            keep(filler.frameArrived(timestamp: Milliseconds(time), count: SampleCount(160), at: now))
            keep(filler.clockAdvanced(to: now))
            time += 20
        }
    },
    Benchmark("format detector, 160 bytes", limit: 150) { meter in
        var detector = FormatDetector(promised: .muLaw)
        let speech = (0..<32_000).map { index in
            let swing = (index / 9 % 16) * (index % 9 < 4 ? 1 : -1)
            return Int16(swing * 300)
        }
        var bytes = [UInt8](repeating: 0, count: speech.count)
        var span = bytes.mutableSpan
        G711.muLaw.encode(speech.span, into: &span)
        var start = 0
        meter.measure {
            keep(detector.inspect(bytes.span.extracting(start..<start + 160)))
            start = start == bytes.count - 160 ? 0 : start + 160
        }
    },
]
