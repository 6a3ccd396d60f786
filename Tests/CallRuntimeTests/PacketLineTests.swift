import CarrierWire
import MediaCodecs
import MediaCore
import Testing
import Timeline
import UpstreamWire

@testable import CallRuntime

/// What an upstream speaks, and the rate of the carrier's Opus.
struct FormatPair: CustomTestStringConvertible, Sendable {
    let upstream: AudioFormat
    let rate: SampleRate
    var testDescription: String { "\(upstream.encoding) \(upstream.rate.rawValue), Opus \(rate.rawValue)" }

    static let all = [.muLaw8k, .aLaw8k, .pcm16(.hz8000), .pcm16(.hz16000), .pcm16(.hz24000), .pcm16(.hz48000)]
        .flatMap { (format: AudioFormat) in
            [SampleRate.hz8000, .hz16000, .hz48000].map { FormatPair(upstream: format, rate: $0) }
        }
}

extension AudioFormat {
    func bytes(of samples: [Int16]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: samples.count)
        var target = bytes.mutableSpan
        switch encoding {
        case .muLaw: G711.muLaw.encode(samples.span, into: &target)
        case .aLaw: G711.aLaw.encode(samples.span, into: &target)
        case .pcm16: return Sound.pcm(samples)
        }
        return bytes
    }

    func samples(of bytes: [UInt8]) -> [Int16] {
        var samples = [Int16](repeating: 0, count: bytes.count)
        var target = samples.mutableSpan
        switch encoding {
        case .muLaw: G711.muLaw.decode(bytes.span, into: &target)
        case .aLaw: G711.aLaw.decode(bytes.span, into: &target)
        case .pcm16: return Sound.samples(pcm: bytes)
        }
        return samples
    }
}

@Suite("Call line: packets")
struct PacketLineTests {
    @Test("The caller's tone keeps pitch and level on its way to the agent", arguments: FormatPair.all)
    func callerTones(pair: FormatPair) throws {
        let fixture = try PacketFixture(rate: pair.rate, upstream: pair.upstream)
        for frame in frames(Sound.tone(1_000, milliseconds: 1_000, rate: pair.rate.rawValue), at: pair.rate) {
            fixture.hear(try fixture.packet(frame).message)
            fixture.beat()
        }
        let heard = pair.upstream.samples(of: fixture.upstream.heard)
        let rate = pair.upstream.rate.rawValue
        let (level, rest) = Sound.measure(heard[3 * rate / 10..<8 * rate / 10], 1_000, rate: rate)
        #expect(abs(level) < 1)
        #expect(rest < -25)
        #expect(abs(heard.count - rate) <= rate / 50)
        #expect(fixture.line.counts.gaps == 0)
    }

    @Test("Samples that come in halves are put together, and half of one is no part of the next item")
    func halves() throws {
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        fixture.phone.line = fixture.line
        fixture.delta([0, 0, 0, 0, 7])
        let tone = Sound.pcm(Sound.tone(1_000, milliseconds: 1_000, rate: 16_000))
        for start in stride(from: 0, to: tone.count, by: 4_001) {
            fixture.delta(Array(tone[start..<min(start + 4_001, tone.count)]), item: "b")
        }
        for _ in 0..<80 {
            fixture.beat()
            #expect(fixture.phone.lead <= .milliseconds(420))
        }
        #expect(Sound.measure(fixture.phone.heard[4_800..<12_800], 1_000, rate: 16_000).rest < -25)
    }

    @Test("Where answers come as slowly as they are spoken, no packet holds more than the ledger knows of")
    func slowly() throws {
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        fixture.phone.line = fixture.line
        let tone = Sound.pcm(Sound.tone(1_000, milliseconds: 30, rate: 16_000))
        for beat in 0..<300 {
            if beat % 3 == 0 { for _ in 0..<2 { fixture.delta(tone) } }
            fixture.beat()
            let known = fixture.line.spokenFormat.rate.milliseconds(of: fixture.line.ledger.lead(at: fixture.loop.now))
            #expect(abs(fixture.phone.lead / .milliseconds(1) - Double(known.rawValue)) <= 20)
        }
    }

    @Test("An interruption of one answer leaves the next, which waits already, as it is")
    func nextAnswer() throws {
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        fixture.phone.line = fixture.line
        fixture.delta(Sound.pcm(Sound.tone(440, milliseconds: 5_000, rate: 16_000)))
        fixture.delta(Sound.pcm(Sound.tone(1_000, milliseconds: 700, rate: 16_000)), item: "b")
        for _ in 0..<50 { fixture.beat() }
        let heard = fixture.phone.heard.count
        _ = fixture.line.interrupt(at: fixture.loop.now, through: AgentItem(number: 1))
        for _ in 0..<60 { fixture.beat() }
        let next = fixture.phone.heard.dropFirst(heard)
        #expect((11_200...11_840).contains(next.count))
        #expect(Sound.measure(next.dropFirst(1_600).prefix(8_000), 1_000, rate: 16_000).rest < -25)
    }

    @Test("The agent's tone keeps pitch and level on its way to the caller, to its end", arguments: FormatPair.all)
    func agentTones(pair: FormatPair) throws {
        let fixture = try PacketFixture(rate: pair.rate, upstream: pair.upstream)
        fixture.phone.line = fixture.line
        let rate = pair.upstream.rate.rawValue
        let tone = pair.upstream.bytes(of: Sound.tone(1_000, milliseconds: 1_010, rate: rate))
        for start in stride(from: 0, to: tone.count, by: 6_000) {
            fixture.delta(Array(tone[start..<min(start + 6_000, tone.count)]))
        }
        fixture.ended()
        fixture.line.watchPlayout()
        for _ in 0..<80 {
            fixture.beat()
            #expect(fixture.phone.lead <= .milliseconds(420))
        }
        let heard = fixture.phone.heard
        let (level, rest) = Sound.measure(
            heard[3 * pair.rate.rawValue / 10..<8 * pair.rate.rawValue / 10], 1_000, rate: pair.rate.rawValue)
        #expect(abs(level) < 1)
        #expect(rest < -25)
        #expect(fixture.phone.badPackets == 0)
        // All of it, what the codec held back, and less than a frame to fill the last packet up.
        let length = Double(heard.count) / Double(pair.rate.rawValue)
        #expect((1.016...1.06).contains(length), "\(length)")
        let lastSound = heard.lastIndex { abs(Int($0)) > 1_000 } ?? 0
        #expect(Double(lastSound) / Double(pair.rate.rawValue) > 1.01, "the end of the tone stayed in the codec")
        #expect(fixture.listener.playoutEnds == 1)
        #expect(fixture.line.counts.underruns == 0)
        #expect(fixture.slabs.inUse == 0)
    }

    @Test("One packet in twenty lost: the tone goes on at its level, as long as it was, and does not click")
    func losses() throws {
        for rate in [SampleRate.hz8000, .hz16000, .hz48000] {
            let fixture = try PacketFixture(rate: rate, upstream: .pcm16(rate))
            let tone = frames(
                Sound.tone(440, milliseconds: 4_000, rate: rate.rawValue, amplitude: 16_000), at: rate)
            for (place, frame) in tone.enumerated() {
                let message = try fixture.packet(frame).message
                if place % 20 != 7 { fixture.hear(message) }
                fixture.beat()
            }
            let heard = Sound.samples(pcm: fixture.upstream.heard)
            #expect(abs(heard.count - 4 * rate.rawValue) <= 4 * rate.rawValue / 50)
            #expect(fixture.line.counts.lostFromCarrier == 10)
            #expect(fixture.line.counts.gaps == 0, "silence was put where sound was made up")
            let frame = rate.samplesPerFrame.rawValue
            for start in stride(from: 10 * frame, to: heard.count - 2 * frame, by: frame) {
                let level = Sound.level(of: heard[start..<start + frame])
                #expect(abs(level - 16_000) < 1_600, "20 ms from \(start)")
            }
            let steepest = 16_000 * 2 * Double.pi * 440 / Double(rate.rawValue)
            #expect(Sound.largestStep(in: heard[(10 * frame)...]) < 2 * steepest)
        }
    }

    @Test("Packets that overtake each other are heard in their order, as if they had not")
    func reordering() throws {
        let tone = frames(Sound.voice(milliseconds: 1_000, rate: 16_000), at: .hz16000)
        let straight = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        for frame in tone {
            straight.hear(try straight.packet(frame).message)
            straight.beat()
        }
        let shuffled = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        var messages = try tone.map { try shuffled.packet($0).message }
        for place in stride(from: 3, to: messages.count - 2, by: 5) { messages.swapAt(place, place + 2) }
        for message in messages {
            shuffled.hear(message)
            shuffled.beat()
        }
        #expect(shuffled.upstream.heard == straight.upstream.heard)
        #expect(shuffled.line.counts.lostFromCarrier == 0 && shuffled.line.counts.gaps == 0)
    }

    @Test("A pause of the carrier's is silence, and is not made up", arguments: [100, 500, 2_000])
    func pauses(milliseconds: Int) throws {
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        let tone = frames(Sound.tone(440, milliseconds: 1_000, rate: 16_000), at: .hz16000)
        for frame in tone[..<25] {
            fixture.hear(try fixture.packet(frame).message)
            fixture.beat()
        }
        for _ in 0..<milliseconds / 20 { fixture.beat() }
        let before = fixture.upstream.heard.count
        // A line at rest looks at the gap ever more seldom, an eighth of it late at most.
        let late = 80 + milliseconds / 8
        #expect(abs(before / 32 - 500 - milliseconds) <= late)
        for frame in tone[25...] {
            fixture.hear(try fixture.packet(frame).message)
            fixture.beat()
        }
        // Once audio goes on nothing of it is left out.
        #expect(abs(fixture.upstream.heard.count / 32 - 1_000 - milliseconds) <= 80)
        #expect(fixture.line.counts.lostFromCarrier == 0)
    }

    @Test("What is no packet is told, counted, and stands for 20 ms", arguments: [[], [0x0B, 0x3F], [0xFF, 0xFF]])
    func malformed(payload: [UInt8]) throws {
        let fixture = try PacketFixture(rate: .hz8000)
        let tone = frames(Sound.tone(440, milliseconds: 400, rate: 8_000), at: .hz8000)
        for (place, frame) in tone.enumerated() {
            let (message, chunk) = try fixture.packet(frame)
            fixture.hear(place % 4 == 3 ? fixture.message(payload, chunk: chunk) : message)
            fixture.beat()
        }
        #expect(fixture.line.counts.badPackets == 5)
        #expect(fixture.listener.misspoken == Array(repeating: .payloadNotOpus, count: 5))
        #expect(fixture.upstream.heard.count == 3_200)
    }

    @Test("With RTP's framing packets go the same way")
    func rtp() throws {
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000), framing: .rtp)
        fixture.phone.line = fixture.line
        for frame in frames(Sound.tone(1_000, milliseconds: 400, rate: 16_000), at: .hz16000) {
            fixture.hear(try fixture.packet(frame).message)
            fixture.beat()
        }
        let heard = Sound.samples(pcm: fixture.upstream.heard)
        #expect(Sound.measure(heard[3_200..<6_400], 1_000, rate: 16_000).rest < -25)
        fixture.delta(Sound.pcm(Sound.tone(1_000, milliseconds: 400, rate: 16_000)))
        fixture.ended()
        for _ in 0..<30 { fixture.beat() }
        #expect(fixture.phone.badPackets == 0)
        #expect(Sound.measure(fixture.phone.heard[1_600..<4_800], 1_000, rate: 16_000).rest < -25)
    }

    @Test("Each packet goes in a message of its own, 20 ms of it, and marks stand behind what they mark")
    func messages() throws {
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        fixture.phone.line = fixture.line
        fixture.delta(Sound.pcm(Sound.tone(440, milliseconds: 200, rate: 16_000)))
        fixture.ended()
        for _ in 0..<20 { fixture.beat() }
        #expect(fixture.phone.events.filter { $0 == "media" }.count == 11)  // And what the codec held back.
        #expect(fixture.phone.events.last == "mark")
        #expect(fixture.phone.heard.count == 11 * 320)
        #expect(fixture.listener.oddMarks.isEmpty)
    }

    private func frames(_ samples: [Int16], at rate: SampleRate) -> [[Int16]] {
        samples.frames(of: rate.samplesPerFrame.rawValue)
    }
}

extension [Int16] {
    func frames(of length: Int) -> [[Int16]] {
        stride(from: 0, through: count - length, by: length).map { Array(self[$0..<$0 + length]) }
    }
}
