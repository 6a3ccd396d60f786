import CallCore
import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire

@testable import CallRuntime

@Suite("Call line: from the agent to the caller")
struct AgentLineTests {
    /// Never two bytes alike in a row, so that what is lost or doubled shows; what a detector cannot object to.
    static func audio(milliseconds: Int, seed: Int = 0) -> [UInt8] {
        let tone = Sound.muLaw(Sound.tone(400 + Double(seed % 7) * 90, milliseconds: 1_000, rate: 8_000))
        return (0..<milliseconds * 8).map { tone[($0 + seed) % tone.count] }
    }

    @Test("What the agent says is heard byte for byte", arguments: [20, 100, 250, 1_000])
    func passThrough(milliseconds: Int) throws {
        let fixture = try LineFixture.talking()
        var all: [UInt8] = []
        for _ in 0..<2_000 / milliseconds {
            let piece = Self.audio(milliseconds: milliseconds)
            all += piece
            fixture.delta(piece)
            fixture.pass(milliseconds)
        }
        fixture.ended()
        fixture.pass(1_000)
        #expect(fixture.phone.heard == all)
        #expect(fixture.listener.began == [1])
        #expect(fixture.listener.oddMarks.isEmpty)
        #expect(fixture.slabs.inUse == 0)
    }

    @Test("A piece that is no base64 and a binary message are told and not played")
    func strange() throws {
        let fixture = try LineFixture.talking()
        let piece = Self.audio(milliseconds: 100)
        fixture.delta(piece)
        fixture.say(
            #"{"type":"response.output_audio.delta","response_id":"r","item_id":"a","content_index":0,"delta":"!!!!"}"#)
        fixture.sayBinary()
        fixture.delta(piece)
        fixture.ended()
        fixture.pass(500)
        #expect(fixture.listener.upstreamMisspoken == ["upstream.malformed_audio", "upstream.binary"])
        #expect(fixture.phone.heard == piece + piece)
    }

    @Test(
        "However much comes at once, the carrier is supplied in time, and no more than 400 ms ahead",
        arguments: [1, 60, 120])
    func pacing(seconds: Int) throws {
        let fixture = try LineFixture.talking()
        let all = Self.audio(milliseconds: seconds * 1_000)
        // As one message each, of any length.
        for start in stride(from: 0, to: all.count, by: 100_000) {
            fixture.delta(Array(all[start..<min(start + 100_000, all.count)]))
        }
        fixture.ended()
        fixture.line.watchPlayout()
        fixture.pass(seconds * 1_000 - 20)
        #expect(fixture.listener.playoutEnds == 0)
        fixture.pass(200)
        #expect(fixture.phone.heard == all)
        #expect(fixture.phone.longestQueue <= 3_200)
        #expect(fixture.phone.silences == 0)
        #expect(fixture.line.counts.underruns == 0)
        #expect(fixture.listener.overflows.isEmpty)
        #expect(fixture.listener.playoutEnds == 1)
        #expect(fixture.slabs.inUse == 0)
        // Larger pieces are fewer messages.
        #expect(fixture.line.counts.framesOut <= seconds * 10 + 5)
    }

    @Test("Past 120 s the rest of an answer is dropped and told once, and the next one is heard")
    func overflow() throws {
        let fixture = try LineFixture.talking()
        let all = Self.audio(milliseconds: 130_000)
        for start in stride(from: 0, to: all.count, by: 16_000) { fixture.delta(Array(all[start..<start + 16_000])) }
        fixture.ended()
        #expect(fixture.listener.overflows.count == 1)
        // All of it, and what went to the carrier meanwhile found room.
        #expect(fixture.listener.dropped == [Milliseconds(130_000 - 120_000 - 400)])
        fixture.pass(125_000)
        #expect(fixture.phone.heard.count >= 960_000)
        #expect(fixture.phone.heard == Array(all.prefix(fixture.phone.heard.count)))
        let before = fixture.phone.heard.count
        fixture.delta(Self.audio(milliseconds: 200), item: "b")
        fixture.pass(400)
        #expect(fixture.phone.heard.count == before + 1_600)
        #expect(fixture.slabs.inUse == 0)
    }

    @Test("When the loop's memory for audio is used up, what is lost is told")
    func noSlabs() throws {
        let fixture = try LineFixture.talking(slabs: 2)
        fixture.delta(Self.audio(milliseconds: 3_000))
        #expect(fixture.listener.overflows.count == 1)
        fixture.pass(3_000)
        #expect(fixture.phone.heard.count >= 8_192)
    }

    @Test("Marks come at least every 400 ms, each is acknowledged, and the last one says that all was heard")
    func marks() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(Self.audio(milliseconds: 5_000))
        fixture.ended()
        fixture.pass(5_100)
        #expect(fixture.phone.messages.count { $0 == "mark" } >= 12)
        #expect(fixture.phone.messages.last == "mark")
        #expect(fixture.listener.oddMarks.isEmpty)
        #expect(fixture.line.ledger.acknowledged == SampleCount(40_000))
        #expect(fixture.listener.timesHeardAll == 1)
        #expect(fixture.line.endOfPlayout == nil)
        for name in ["g0:1:3200", "g9:1:1", "nonsense", #"\u0067\""#] { fixture.mark(name) }
        #expect(fixture.listener.oddMarks == [.meaningless, .meaningless, nil, nil])
    }

    @Test("A mark counts for its own stream alone, and however its name is written")
    func marksOfStreams() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(Self.audio(milliseconds: 100))
        fixture.ended()
        let later = fixture.loop.now.advanced(by: .milliseconds(200))
        let name = try #require(fixture.phone.nextMark(until: later)?.name)
        fixture.mark(name, stream: "MZ2")
        #expect(fixture.listener.foreign == 1)
        #expect(fixture.line.ledger.acknowledged == .zero)
        fixture.mark(#"\u0067"# + name.dropFirst())
        #expect(fixture.listener.oddMarks.isEmpty)
        #expect(fixture.line.ledger.acknowledged == SampleCount(800))
    }

    @Test("A busy carrier gets nothing until it has taken what waits and the mark behind it", arguments: [100, 3_000])
    func busy(milliseconds: Int) throws {
        let fixture = try LineFixture.talking()
        let all = Self.audio(milliseconds: milliseconds)
        fixture.phone.answer = .waiting
        fixture.delta(all)
        fixture.ended()
        fixture.pass(300)
        #expect(fixture.phone.messages == ["media", "mark"])
        fixture.phone.answer = .sent
        fixture.phone.owner?.socketDrained(fixture.phone)
        fixture.pass(milliseconds + 400)
        #expect(fixture.phone.heard == all)
        #expect(fixture.phone.messages.last == "mark")
        #expect(fixture.line.ledger.acknowledged == SampleCount(all.count))
    }

    @Test("An upstream that stops in the middle of an item and goes on is an underrun; a new item is none")
    func underrun() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(Self.audio(milliseconds: 200))
        fixture.pass(400)
        fixture.delta(Self.audio(milliseconds: 200))
        #expect(fixture.line.counts.underruns == 1)
        fixture.pass(400)
        fixture.delta(Self.audio(milliseconds: 200), item: "b")
        #expect(fixture.line.counts.underruns == 1)
        #expect(fixture.listener.began == [1, 2])
    }

    @Test("A milestone is told when what had come by then was heard, with or without marks")
    func milestone() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(Self.audio(milliseconds: 1_000))
        fixture.line.setMilestone()
        fixture.delta(Self.audio(milliseconds: 1_000), item: "b")
        fixture.pass(980)
        #expect(fixture.listener.milestones == 0)
        fixture.pass(60)
        #expect(fixture.listener.milestones == 1)
        fixture.pass(2_000)
        #expect(fixture.listener.milestones == 1)
    }

    @Test("Items that leave in one message have all begun")
    func shortItems() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(Self.audio(milliseconds: 400))
        for item in ["b", "c", "d"] { fixture.delta(Self.audio(milliseconds: 50), item: item) }
        #expect(fixture.listener.began == [1])
        fixture.pass(300)
        #expect(fixture.listener.began == [1, 2, 3, 4])
    }

    @Test("More items than can wait are told, and those before them are heard")
    func manyItems() throws {
        let fixture = try LineFixture.talking()
        for number in 0..<20 { fixture.delta(Self.audio(milliseconds: 100, seed: number), item: "i\(number)") }
        #expect(fixture.listener.overflows.count == 4)
        fixture.pass(2_200)
        #expect(fixture.phone.heard.count == 16 * 800)
        fixture.delta(Self.audio(milliseconds: 100), item: "later")
        fixture.pass(200)
        #expect(fixture.phone.heard.count == 17 * 800)
    }

    @Test("Items that come all mixed up cost what finds no room, and nothing else")
    func mixedItems() throws {
        let fixture = try LineFixture.talking()
        for _ in 0..<40 {
            for item in ["a", "b"] { fixture.delta(Self.audio(milliseconds: 40), item: item) }
        }
        #expect((1...2).contains(fixture.listener.overflows.count))
        fixture.pass(4_000)
        #expect(fixture.line.ledger.acknowledged == fixture.line.ledger.received)
        #expect(SampleCount(fixture.phone.heard.count) == fixture.line.ledger.received)
    }

    @Test("Audio in another encoding than promised stops, with what of it waits, and is told once")
    func mismatch() throws {
        let fixture = try LineFixture.talking()
        let noise = Sound.pcm(Sound.voice(milliseconds: 3_000, rate: 24_000))
        for start in stride(from: 0, to: noise.count, by: 4_800) {
            fixture.delta(Array(noise[start..<start + 4_800]))
            fixture.pass(20)
        }
        #expect(fixture.listener.mismatches == [.pcm16])
        #expect(fixture.phone.clears == 1)
        fixture.pass(2_000)
        #expect(fixture.phone.heard.count < 4_800)
        #expect(fixture.slabs.inUse == 0)
    }

    @Test(
        "PCM at 24 kHz keeps pitch and level, however it is cut", arguments: [440.0, 2_500],
        [4_800, 961, 4_801, 20_001])
    func transcoded(frequency: Double, piece: Int) throws {
        let formats = UpstreamFormats(callerAudio: .pcm16(.hz24000), agentAudio: .pcm16(.hz24000))
        let fixture = try LineFixture.talking(formats: formats)
        let bytes = Sound.pcm(Sound.tone(frequency, milliseconds: 2_000, rate: 24_000))
        for start in stride(from: 0, to: bytes.count, by: piece) {
            fixture.delta(Array(bytes[start..<min(start + piece, bytes.count)]))
        }
        fixture.ended()
        fixture.pass(2_400)
        let samples = Sound.samples(muLaw: fixture.phone.heard)
        // All of it, and what the filter held back.
        #expect((16_010...16_100).contains(samples.count))
        let result = Sound.measure(samples.dropFirst(800).prefix(14_400), frequency, rate: 8_000)
        #expect(abs(result.level) < 0.2)
        #expect(result.rest < -30)
        #expect(fixture.line.ledger.acknowledged == fixture.line.ledger.received)
    }

    @Test("Half a sample at the end of one item does not turn the next into noise")
    func oddEnd() throws {
        let formats = UpstreamFormats(callerAudio: .pcm16(.hz24000), agentAudio: .pcm16(.hz24000))
        let fixture = try LineFixture.talking(formats: formats)
        fixture.delta([0, 0, 0, 0, 7], item: "a")
        fixture.delta(Sound.pcm(Sound.tone(1_000, milliseconds: 1_000, rate: 24_000)), item: "b")
        fixture.pass(1_200)
        let samples = Sound.samples(muLaw: fixture.phone.heard)
        #expect(Sound.measure(samples.dropFirst(800).prefix(6_400), 1_000, rate: 8_000).rest < -30)
    }
}
