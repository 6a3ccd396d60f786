import CallCore
import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire

@testable import CallRuntime

@Suite("Call line: from the caller to the agent")
struct CallerLineTests {
    private static let pcm = UpstreamFormats(callerAudio: .pcm16(.hz24000), agentAudio: .pcm16(.hz24000))

    private func frames(_ count: Int, from first: Int = 0) -> [[UInt8]] {
        (first..<first + count).map { number in (0..<160).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) } }
    }

    @Test("What the caller says goes on byte for byte, each frame at once")
    func passThrough() throws {
        let fixture = try LineFixture.talking()
        let frames = frames(100)
        for (index, frame) in frames.enumerated() {
            fixture.frame(frame)
            #expect(fixture.upstream.pieces.count == index + 1)
            fixture.loop.now = fixture.loop.now.advanced(by: .milliseconds(20))
        }
        #expect(fixture.upstream.pieces == frames)
        #expect(fixture.line.counts.framesIn == 100)
        #expect(fixture.listener.firstAudio == 1)
        #expect(fixture.line.lastFrame == fixture.loop.now.advanced(by: .milliseconds(-20)))
    }

    @Test("What was said before the upstream was ready comes first, whole and in order")
    func preroll() throws {
        let fixture = try LineFixture()
        let early = frames(150)
        for frame in early {
            fixture.frame(frame)
            fixture.loop.now = fixture.loop.now.advanced(by: .milliseconds(20))
        }
        #expect(fixture.upstream.pieces.isEmpty)
        fixture.becomeReady()
        let late = frames(10, from: 150)
        for frame in late { fixture.frame(frame) }
        #expect(fixture.upstream.heard == (early + late).flatMap { $0 })
        #expect(fixture.slabs.inUse == 0)
    }

    @Test("Ten seconds are kept; what is said after that is lost and counted")
    func longPreroll() throws {
        let fixture = try LineFixture()
        let early = frames(550)
        for frame in early {
            fixture.frame(frame)
            fixture.loop.now = fixture.loop.now.advanced(by: .milliseconds(20))
        }
        fixture.becomeReady()
        #expect(fixture.upstream.heard == early.prefix(500).flatMap { $0 })
        #expect(fixture.line.counts.lostBeforeUpstream == 50)
    }

    @Test("As much as a message may hold goes to an upstream at the highest rate")
    func largestMessage() throws {
        let format = AudioFormat.pcm16(.hz48000)
        let fixture = try LineFixture.talking(formats: UpstreamFormats(callerAudio: format, agentAudio: format))
        fixture.frame([UInt8](repeating: 0xFF, count: FrameBench.audioByteCount))
        #expect(fixture.upstream.heard.count == 12 * FrameBench.audioByteCount)
        fixture.frame([UInt8](repeating: 0xFF, count: FrameBench.audioByteCount + 8))
        #expect(fixture.listener.misspoken.count == 1)
    }

    @Test("Where the carrier sends nothing, silence stands for it, and no more than that")
    func gap() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(frames(1)[0])
        fixture.pass(1_000)
        let silence = fixture.upstream.heard.dropFirst(160)
        #expect(silence.allSatisfy { $0 == G711.muLaw.silence })
        #expect((920 * 8...960 * 8).contains(silence.count))
        fixture.pass(1_000, frames: true)
        // Two seconds and the first frame: what came and what stands for what did not come are as long as the call.
        #expect((1_980 * 8...2_040 * 8).contains(fixture.upstream.heard.count))
        #expect(fixture.line.counts.gaps > 0)
    }

    @Test("An upstream that cannot take a frame loses it, which is counted; a slow one gets it later")
    func slowUpstream() throws {
        let fixture = try LineFixture.talking()
        fixture.upstream.answer = .waiting
        fixture.frame(frames(1)[0])
        fixture.upstream.answer = .full
        fixture.frame(frames(1)[0])
        fixture.upstream.answer = .sent
        fixture.frame(frames(1)[0])
        #expect(fixture.upstream.pieces.count == 2)
        #expect(fixture.line.counts.lostToUpstream == 1)
    }

    @Test("Foreign, malformed and empty messages are counted, and the call goes on")
    func strange() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(frames(1)[0], stream: "MZ2")
        #expect(fixture.listener.foreign == 1)
        let malformed = [
            "", "{", "[1]", #"{"event":"media"}"#, #"{"event":"media","media":{"payload":7}}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"payload":"!!!!"}}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"payload":"\#(base64([UInt8](repeating: 1, count: 7_000)))"}}"#,
        ]
        for text in malformed { fixture.hear(text) }
        #expect(fixture.listener.misspoken.count == malformed.count)
        fixture.frame([])
        fixture.hear(#"{"event":"media","streamSid":"MZ1","media":{"track":"outbound","payload":"AAAA"}}"#)
        #expect(fixture.upstream.pieces.isEmpty)
        fixture.frame(frames(1)[0])
        #expect(fixture.upstream.pieces == frames(1))
    }

    @Test("Before the carrier has named its stream nothing counts")
    func unstarted() throws {
        let fixture = try LineFixture.talking()
        fixture.line.writer = nil
        fixture.frame(frames(1)[0])
        #expect(fixture.upstream.pieces.isEmpty)
        #expect(fixture.listener.foreign == 1)
    }

    @Test(
        "As PCM at 24 kHz a tone keeps its pitch and its level, also through what was kept", arguments: [440.0, 2_500])
    func transcoded(frequency: Double) throws {
        let fixture = try LineFixture(formats: Self.pcm)
        let bytes = Sound.muLaw(Sound.tone(frequency, milliseconds: 2_000, rate: 8_000))
        for (index, start) in stride(from: 0, to: bytes.count, by: 160).enumerated() {
            if index == 40 { fixture.becomeReady() }
            fixture.frame(Array(bytes[start..<start + 160]))
            fixture.loop.now = fixture.loop.now.advanced(by: .milliseconds(20))
        }
        let samples = Sound.samples(pcm: fixture.upstream.heard)
        #expect(samples.count == 48_000)
        // Past the filter's beginning; whole periods.
        let result = Sound.measure(samples.dropFirst(2_400).prefix(43_200), frequency, rate: 24_000)
        #expect(abs(result.level) < 0.2)
        #expect(result.rest < -30)
    }

    @Test("Formats that the upstream chose itself are worked with from the first word on")
    func adopted() throws {
        let fixture = try LineFixture()
        let bytes = Sound.muLaw(Sound.tone(1_000, milliseconds: 400, rate: 8_000))
        for start in stride(from: 0, to: bytes.count, by: 160) { fixture.frame(Array(bytes[start..<start + 160])) }
        fixture.becomeReady(naming: "audio/pcm")
        let samples = Sound.samples(pcm: fixture.upstream.heard)
        #expect(samples.count == 9_600)
        #expect(Sound.measure(samples.dropFirst(2_400).prefix(7_200), 1_000, rate: 24_000).rest < -30)
        fixture.delta(Sound.pcm(Sound.tone(1_000, milliseconds: 300, rate: 24_000)))
        fixture.pass(400)
        #expect(fixture.phone.heard.count > 2_300)
        #expect(
            Sound.measure(Sound.samples(muLaw: fixture.phone.heard).dropFirst(80).prefix(2_240), 1_000, rate: 8_000)
                .rest < -30)
    }
}
