import Glibc
import MediaCodecs
import MediaCore

let mediaCodecsRows: [Benchmark] = [
    resampling(from: .hz8000, to: .hz24000, limit: 3_000),
    resampling(from: .hz24000, to: .hz8000, limit: 3_000),
    resampling(from: .hz8000, to: .hz16000, limit: 3_000),
    resampling(from: .hz16000, to: .hz8000, limit: 3_000),
    resampling(from: .hz44100, to: .hz8000, limit: 40_000),
    encoding(at: .hz8000, limit: 120_000),
    encoding(at: .hz16000, limit: 150_000),
    encoding(at: .hz48000, limit: 250_000),
    decoding(at: .hz8000, limit: 40_000),
    decoding(at: .hz16000, limit: 40_000),
    decoding(at: .hz48000, limit: 60_000),
    concealing(at: .hz16000, limit: 60_000),
]

/// A second of sound whose pitch moves as a voice's does: what a codec has work with.
func movingVoice(_ rate: SampleRate) -> [Int16] {
    var phase = 0.0
    return (0..<rate.rawValue).map { index in
        let time = Double(index) / Double(rate.rawValue)
        phase += 2 * .pi * (130 + 40 * sin(12 * time)) / Double(rate.rawValue)
        return Int16(3_000 * (1...12).reduce(0) { $0 + sin(Double($1) * phase) / Double($1) })
    }
}

/// A second of packets.
func voicePackets(_ rate: SampleRate) -> [[UInt8]] {
    guard var encoder = try? OpusEncoder(OpusEncoder.Settings(rate: rate)) else { return [] }
    let voice = movingVoice(rate)
    let step = rate.samplesPerFrame.rawValue
    return stride(from: 0, to: voice.count, by: step).map { start in
        var packet = [UInt8](repeating: 0, count: OpusRates.largestPacketByteCount)
        var span = packet.mutableSpan
        let count = (try? encoder.encode(voice.span.extracting(start..<start + step), into: &span)) ?? 0
        return Array(packet.prefix(count))
    }
}

private func encoding(at rate: SampleRate, limit: Double) -> Benchmark {
    Benchmark("Opus encode \(rate.rawValue)", limit: limit) { meter in
        guard var encoder = try? OpusEncoder(OpusEncoder.Settings(rate: rate)) else { return }
        let voice = movingVoice(rate)
        let step = rate.samplesPerFrame.rawValue
        var packet = [UInt8](repeating: 0, count: OpusRates.largestPacketByteCount)
        var place = 0
        meter.measure {
            var span = packet.mutableSpan
            keep(try? encoder.encode(voice.span.extracting(place..<place + step), into: &span))
            place = (place + step) % voice.count
        }
    }
}

private func decoding(at rate: SampleRate, limit: Double) -> Benchmark {
    Benchmark("Opus decode \(rate.rawValue)", limit: limit) { meter in
        guard var decoder = try? OpusDecoder(rate: rate) else { return }
        let packets = voicePackets(rate)
        var pcm = [Int16](repeating: 0, count: decoder.longestPacket.rawValue)
        var turn = 0
        meter.measure {
            var span = pcm.mutableSpan
            let packet = packets[turn]
            keep(try? decoder.decode(packet.span, into: &span))
            turn = (turn + 1) % packets.count
        }
    }
}

/// Every other packet is lost: half of these are made up, with the help of the packet that follows.
private func concealing(at rate: SampleRate, limit: Double) -> Benchmark {
    Benchmark("Opus conceal and decode \(rate.rawValue)", limit: limit) { meter in
        guard var decoder = try? OpusDecoder(rate: rate) else { return }
        let packets = voicePackets(rate)
        var pcm = [Int16](repeating: 0, count: decoder.longestPacket.rawValue)
        var turn = 0
        meter.measure {
            var span = pcm.mutableSpan
            let packet = packets[turn]
            keep(try? decoder.conceal(rate.samplesPerFrame, before: packet.span, into: &span))
            keep(try? decoder.decode(packet.span, into: &span))
            turn = (turn + 2) % packets.count
        }
    }
}

private func resampling(from source: SampleRate, to target: SampleRate, limit: Double) -> Benchmark {
    Benchmark("resample \(source.rawValue) to \(target.rawValue)", limit: limit) { meter in
        guard var resampler = try? Resampler(from: source, to: target) else { return }
        let frame = (0..<source.samplesPerFrame.rawValue).map { Int16(truncatingIfNeeded: $0 &* $0 &* 97) }
        var output = [Int16](repeating: 0, count: resampler.maximumCount(for: frame.count))
        meter.measure {
            var span = output.mutableSpan
            keep(resampler.resample(frame.span, into: &span))
        }
    }
}
