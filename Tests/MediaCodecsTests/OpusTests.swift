import Glibc
import MediaCodecs
import MediaCore
import Testing

/// An encoder and a decoder that may differ in rate.
private struct OpusPair: CustomTestStringConvertible, Sendable {
    let source: SampleRate
    let target: SampleRate
    var testDescription: String { "\(source.rawValue) to \(target.rawValue)" }

    static let all = OpusRates.all.flatMap { source in OpusRates.all.map { OpusPair(source: source, target: $0) } }
}

@Suite("Opus")
struct OpusTests {
    @Test("A tone keeps pitch and level, and little comes with it", arguments: OpusPair.all)
    private func tones(pair: OpusPair) throws {
        for frequency in [300.0, 440, 1_000, 1_630, 2_500, 3_000] {
            let packets = try Self.encode(Signal.tone(frequency, rate: pair.source, seconds: 0.6), at: pair.source)
            var decoder = try OpusDecoder(rate: pair.target)
            let heard = try packets.flatMap { try Self.decode($0, with: &decoder) }
            let part = heard[3 * pair.target.rawValue / 10..<pair.target.rawValue / 2]
            let (tone, rest) = Signal.analysis(of: part, frequency: frequency)
            #expect(abs(Signal.decibels(tone, over: 16_000)) < 1, "level of \(frequency) Hz")
            #expect(Signal.decibels(tone, over: rest) > 25, "beside \(frequency) Hz")
        }
    }

    @Test("Both channels of a stereo stream keep their own tone", arguments: OpusRates.all)
    func stereo(rate: SampleRate) throws {
        var settings = OpusEncoder.Settings(rate: rate)
        settings.channels = 2
        settings.bitrate = 128_000
        let left = Signal.tone(500, rate: rate, seconds: 0.6)
        let right = Signal.tone(1_200, rate: rate, seconds: 0.6, amplitude: 8_000)
        let packets = try Self.encode(zip(left, right).flatMap { [$0, $1] }, with: settings)
        var decoder = try OpusDecoder(rate: rate, channels: 2)
        let heard = try packets.flatMap { try Self.decode($0, with: &decoder) }
        for (channel, frequency, amplitude) in [(0, 500.0, 16_000.0), (1, 1_200, 8_000)] {
            let one = stride(from: channel, to: heard.count, by: 2).map { heard[$0] }
            let (tone, rest) = Signal.analysis(
                of: one[3 * rate.rawValue / 10..<rate.rawValue / 2], frequency: frequency)
            #expect(abs(Signal.decibels(tone, over: amplitude)) < 1)
            #expect(Signal.decibels(tone, over: rest) > 20)
        }
    }

    @Test("Frames from 2.5 to 60 ms are decoded, whatever their length", arguments: [5, 10, 20, 40, 80, 120])
    func frameLengths(halfMilliseconds: Int) throws {
        let rate = SampleRate.hz16000
        let length = halfMilliseconds * rate.rawValue / 2_000
        let packets = try Self.encode(
            Signal.tone(440, rate: rate, seconds: 0.6), with: OpusEncoder.Settings(rate: rate), frame: length)
        var decoder = try OpusDecoder(rate: rate)
        for packet in packets { #expect(try Self.decode(packet, with: &decoder).count == length) }
    }

    @Test("A length that is no frame, and a rate that Opus has not, are errors")
    func misuse() throws {
        #expect(throws: MediaCodecError.rateNotInOpus(.hz44100)) { _ = try OpusDecoder(rate: .hz44100) }
        #expect(throws: MediaCodecError.rateNotInOpus(.hz22050)) {
            _ = try OpusEncoder(OpusEncoder.Settings(rate: .hz22050))
        }
        for length in [0, 1, 159, 161, 960] {
            #expect(throws: MediaCodecError.noOpusFrame(samples: length)) {
                _ = try Self.encode(
                    [Int16](repeating: 0, count: max(length, 1)), with: OpusEncoder.Settings(rate: .hz8000),
                    frame: length)
            }
        }
    }

    /// A pure tone is no fair sound for this: what SILK predicts of it wavers by itself, whoever listens.
    @Test("A voice goes on at its level while one packet in twenty is lost", arguments: OpusPair.all, [false, true])
    private func concealment(pair: OpusPair, correctsErrors: Bool) throws {
        let packets = try Self.encode(
            Signal.buzz(150, rate: pair.source, seconds: 4), at: pair.source, corrects: correctsErrors)
        var whole = try OpusDecoder(rate: pair.target)
        let expected = try packets.flatMap { try Self.decode($0, with: &whole) }
        let heard = try Self.decode(packets, rate: pair.target) { $0 % 20 == 13 }
        #expect(heard.count == expected.count)
        let step = pair.target.rawValue / 50
        for frame in 10..<packets.count - 1 {
            let place = frame * step..<(frame + 1) * step
            let change = 10 * log10(Self.power(heard[place]) / Self.power(expected[place]))
            #expect(abs(change) < 6, "frame \(frame)")
        }
        let settled = 10 * step..<(packets.count - 1) * step
        #expect(abs(10 * log10(Self.power(heard[settled]) / Self.power(expected[settled]))) < 0.5)
        // A click would be a step that the sound itself has not.
        #expect(Signal.largestStep(in: heard[settled]) < 1.3 * Signal.largestStep(in: expected[settled]))
    }

    @Test("With a copy in the packet behind it, a lost packet of a tone is hardly missed", arguments: OpusRates.all)
    func copies(rate: SampleRate) throws {
        let packets = try Self.encode(Signal.tone(440, rate: rate, seconds: 4), at: rate)
        let heard = try Self.decode(packets, rate: rate) { $0 % 20 == 7 }
        let step = rate.rawValue / 50
        for frame in 10..<packets.count - 1 {
            let level = Self.power(heard[frame * step..<(frame + 1) * step])
            #expect(abs(10 * log10(level / 128e6)) < 1.5, "frame \(frame)")
        }
    }

    @Test("The packet behind a lost one gives back more of it than can be made up")
    func forwardErrorCorrection() throws {
        let rate = SampleRate.hz16000
        // Syllables of changing pitch: what nobody can guess.
        let packets = try Self.encode(Signal.syllables(rate: rate, seconds: 4), at: rate)
        var whole = try OpusDecoder(rate: rate)
        let expected = try packets.flatMap { try Self.decode($0, with: &whole) }
        func error(repairing: Bool) throws -> Double {
            let heard = try Self.decode(packets, rate: rate, repairing: repairing) { $0 % 7 == 5 }
            return zip(heard, expected).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        }
        #expect(try error(repairing: true) < 0.5 * error(repairing: false))
    }

    @Test("What is no packet is an error, and the stream goes on as if it had not come")
    func hostilePackets() throws {
        let packets = try Self.encode(Signal.tone(440, rate: .hz8000, seconds: 0.2), at: .hz8000)
        var clean = try OpusDecoder(rate: .hz8000)
        let expected = try packets.flatMap { try Self.decode($0, with: &clean) }
        var decoder = try OpusDecoder(rate: .hz8000)
        var heard: [Int16] = []
        // No byte, code 3 without its count, a count of none, a count past the end, an odd pair, 120 ms.
        let hostile: [[UInt8]] = [
            [], [0x0B], [0x0B, 0x00], [0x0B, 0x3F], [0x09, 1, 2, 3], [0x1B, 0x02, 0, 0, 0, 0],
        ]
        for packet in packets {
            heard += try Self.decode(packet, with: &decoder)
            for bytes in hostile {
                #expect(throws: MediaCodecError.self) { _ = try Self.decode(bytes, with: &decoder) }
            }
        }
        #expect(heard == expected)
    }

    @Test("Silence is said in a byte or two once pauses are wanted")
    func discontinuous() throws {
        var settings = OpusEncoder.Settings(rate: .hz16000)
        settings.pausesInSilence = true
        let packets = try Self.encode([Int16](repeating: 0, count: 32_000), with: settings)
        #expect(packets.suffix(20).filter { $0.count <= 2 }.count > 15)
    }

    @Test("The bitrate is kept to", arguments: [12_000, 24_000, 48_000])
    func bitrate(bits: Int) throws {
        var settings = OpusEncoder.Settings(rate: .hz16000)
        settings.bitrate = bits
        var random = SystemRandomNumberGenerator()
        let noise = (0..<48_000).map { _ in Int16.random(in: -4_000...4_000, using: &random) }
        let bytes = try Self.encode(noise, with: settings).reduce(0) { $0 + $1.count }
        #expect(abs(Double(8 * bytes) / 3 / Double(bits) - 1) < 0.25)
    }

    @Test("A sound comes out as late as the encoder says", arguments: OpusRates.all)
    func delay(rate: SampleRate) throws {
        let encoder = try OpusEncoder(OpusEncoder.Settings(rate: rate))
        #expect(encoder.delay > .zero)
        #expect(rate.milliseconds(of: encoder.delay) <= Milliseconds(12))
    }

    // MARK: helpers

    private static func encode(_ pcm: [Int16], at rate: SampleRate, corrects: Bool = true) throws -> [[UInt8]] {
        var settings = OpusEncoder.Settings(rate: rate)
        settings.correctsErrors = corrects
        return try encode(pcm, with: settings)
    }

    private static func encode(
        _ pcm: [Int16], with settings: OpusEncoder.Settings, frame: Int? = nil
    ) throws -> [[UInt8]] {
        var encoder = try OpusEncoder(settings)
        let step = settings.channels * (frame ?? settings.rate.samplesPerFrame.rawValue)
        return try stride(from: 0, through: pcm.count - max(step, 1), by: max(step, 1)).map { start in
            var packet = [UInt8](repeating: 0, count: OpusRates.largestPacketByteCount)
            var span = packet.mutableSpan
            let count = try encoder.encode(pcm.span.extracting(start..<start + step), into: &span)
            return Array(packet.prefix(count))
        }
    }

    private static func decode(_ packet: [UInt8], with decoder: inout OpusDecoder) throws -> [Int16] {
        var pcm = [Int16](repeating: 0, count: decoder.channels * decoder.longestPacket.rawValue)
        var span = pcm.mutableSpan
        let count = try decoder.decode(packet.span, into: &span)
        return Array(pcm.prefix(count * decoder.channels))
    }

    /// With those lost of whose place `isLost` says so.
    private static func decode(
        _ packets: [[UInt8]], rate: SampleRate, repairing: Bool = true, losing isLost: (Int) -> Bool
    ) throws -> [Int16] {
        var decoder = try OpusDecoder(rate: rate)
        let frame = rate.samplesPerFrame
        var heard: [Int16] = []
        for (place, packet) in packets.enumerated() {
            guard isLost(place), place + 1 < packets.count else {
                heard += try decode(packet, with: &decoder)
                continue
            }
            var pcm = [Int16](repeating: 0, count: decoder.longestPacket.rawValue)
            var span = pcm.mutableSpan
            let next = packets[place + 1]
            let made: Int
            if repairing {
                made = try decoder.conceal(frame, before: next.span, into: &span)
            } else {
                made = try decoder.conceal(frame, into: &span)
            }
            heard += pcm.prefix(made)
        }
        return heard
    }

    private static func power(_ part: ArraySlice<Int16>) -> Double {
        part.reduce(0) { $0 + Double($1) * Double($1) } / Double(part.count)
    }
}
