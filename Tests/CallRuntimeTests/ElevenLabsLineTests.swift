import MediaCore
import Testing
import UpstreamWire

@testable import CallRuntime

@Suite("Call line: an agent of ElevenLabs'")
struct ElevenLabsLineTests {
    private static let formats = [
        "ulaw_8000", "pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100", "pcm_48000",
    ]

    private func audio(_ milliseconds: Int, seed: Int = 0) -> [UInt8] {
        AgentLineTests.audio(milliseconds: milliseconds, seed: seed)
    }

    // MARK: formats

    @Test("A tone keeps pitch and level both ways, whatever the two formats are", arguments: formats, formats)
    func formatPairs(output: String, input: String) throws {
        let fixture = try LineFixture.elevenLabs(output: output, input: input)
        let down = try #require(ElevenLabsFormat.format(named: output))
        let up = try #require(ElevenLabsFormat.format(named: input))
        let said = Sound.tone(440, milliseconds: 600, rate: down.rate.rawValue)
        let bytes = down.encoding == .pcm16 ? Sound.pcm(said) : Sound.muLaw(said)
        // Cut anywhere, also in the middle of a sample.
        for start in stride(from: 0, to: bytes.count, by: 7_777) {
            fixture.audioEvent(Array(bytes[start..<min(start + 7_777, bytes.count)]), 1)
        }
        let words = Sound.muLaw(Sound.tone(900, milliseconds: 600, rate: 8_000))
        for start in stride(from: 0, to: words.count, by: 160) { fixture.frame(Array(words[start..<start + 160])) }
        let came = fixture.upstream.heard
        let samples = up.encoding == .pcm16 ? Sound.samples(pcm: came) : Sound.samples(muLaw: came)
        let rate = up.rate.rawValue
        #expect(abs(samples.count - rate * 3 / 5) < rate / 100)
        let above = Sound.measure(samples.dropFirst(rate / 10).prefix(rate * 2 / 5), 900, rate: rate)
        #expect(abs(above.level) < 0.1 && above.rest < -34, "\(above)")
        fixture.pass(1_000)
        let heard = Sound.samples(muLaw: fixture.phone.heard)
        #expect((4_760...4_900).contains(heard.count))
        let below = Sound.measure(heard.dropFirst(800).prefix(3_200), 440, rate: 8_000)
        #expect(abs(below.level) < 0.1 && below.rest < -34, "\(below)")
    }

    @Test("The longest frame that a carrier may send finds room at every rate", arguments: formats)
    func longFrame(input: String) throws {
        let fixture = try LineFixture.elevenLabs(input: input)
        fixture.frame([UInt8](repeating: 0xFF, count: 6_144))
        let format = try #require(ElevenLabsFormat.format(named: input))
        let count = fixture.upstream.heard.count / format.encoding.bytesPerSample
        #expect(abs(count * 8_000 / format.rate.rawValue - 6_144) < 40)
    }

    @Test("An answer of a million and a half bytes in one event is played whole")
    func hugeEvent() throws {
        let fixture = try LineFixture.elevenLabs(output: "pcm_16000")
        let samples = Sound.tone(440, milliseconds: 35_000, rate: 16_000)
        fixture.audioEvent(Sound.pcm(samples), 1)
        fixture.pass(36_000)
        let heard = Sound.samples(muLaw: fixture.phone.heard)
        #expect(abs(heard.count - 280_000) < 40)
        #expect(fixture.phone.silences == 0)
        for start in [800, 260_000] {
            #expect(Sound.measure(heard.dropFirst(start).prefix(8_000), 440, rate: 8_000).rest < -30)
        }
    }

    @Test("An answer that is found to be over when it was heard leaves no click behind", arguments: [200, 3_000])
    func lateEnd(milliseconds: Int) throws {
        let fixture = try LineFixture.elevenLabs(output: "pcm_16000")
        fixture.audioEvent(Sound.pcm(Sound.tone(440, milliseconds: milliseconds, rate: 16_000)), 1)
        fixture.pass(1_000)
        fixture.say(#"{"type":"agent_response_complete"}"#)
        fixture.pass(4_000)
        #expect(fixture.phone.silences == 0)
        #expect((0...40).contains(fixture.phone.heard.count - milliseconds * 8))
    }

    // MARK: interruptions that are not about everything

    @Test("An interruption of one answer leaves the next, which waits already, as it is")
    func nextAnswer() throws {
        let fixture = try LineFixture.elevenLabs()
        let (old, new) = (audio(5_000), audio(700, seed: 3))
        fixture.audioEvent(old, 4)
        fixture.audioEvent(new, 5)
        fixture.pass(1_000)
        fixture.say(#"{"type":"interruption","interruption_event":{"event_id":4}}"#)
        #expect(fixture.phone.clears == 1)
        #expect(fixture.listener.cuts.map(\.heard) == [Milliseconds(1_000)])
        let heard = fixture.phone.heard.count
        fixture.audioEvent(Array(new.prefix(160)), 5)  // More of the next.
        fixture.audioEvent(Array(old.prefix(160)), 3)  // And what is stale by now.
        fixture.pass(1_200)
        #expect(Array(fixture.phone.heard.dropFirst(heard)) == new + new.prefix(160))
        #expect(fixture.listener.began == [1, 2])
        #expect(fixture.line.ledger.acknowledged == fixture.line.ledger.received)
        #expect(fixture.slabs.inUse == 0)
    }

    @Test("What was heard to its end already is not stopped, nor is what follows it")
    func lateInterruption() throws {
        let fixture = try LineFixture.elevenLabs()
        let (old, new) = (audio(500), audio(2_000, seed: 3))
        fixture.audioEvent(old, 4)
        fixture.audioEvent(new, 5)
        fixture.pass(1_000)
        fixture.say(#"{"type":"interruption","interruption_event":{"event_id":4}}"#)
        fixture.pass(2_000)
        #expect(fixture.phone.clears == 0)
        #expect(fixture.phone.heard == old + new)
    }

    @Test("Where the carrier has some of the next already, nothing of it is lost")
    func sharedWindow() throws {
        let fixture = try LineFixture.elevenLabs()
        let (old, new) = (audio(500), audio(1_000, seed: 3))
        fixture.audioEvent(old, 4)
        fixture.audioEvent(new, 5)
        fixture.pass(300)
        fixture.say(#"{"type":"interruption","interruption_event":{"event_id":4}}"#)
        fixture.pass(2_000)
        #expect(fixture.phone.heard == old + new)
    }

    @Test("An interruption by the newest number stops everything, and the same number is heard again")
    func everything() throws {
        let fixture = try LineFixture.elevenLabs()
        fixture.audioEvent(audio(500), 4)
        fixture.audioEvent(audio(5_000), 5)
        fixture.pass(1_000)
        fixture.say(#"{"type":"interruption","interruption_event":{"event_id":5}}"#)
        #expect(fixture.phone.clears == 1 && fixture.phone.queued == 0 && fixture.slabs.inUse == 0)
        let heard = fixture.phone.heard.count
        fixture.audioEvent(audio(300, seed: 3), 5)
        fixture.pass(1_000)
        #expect(Array(fixture.phone.heard.dropFirst(heard)) == audio(300, seed: 3))
    }
}
