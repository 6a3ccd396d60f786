import CallCore
import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire

@testable import CallRuntime

@Suite("Call line: interruption")
struct InterruptionTests {
    private static let speech =
        #"{"type":"input_audio_buffer.speech_started","audio_start_ms":1000,"item_id":"u"}"#

    private func audio(_ milliseconds: Int) -> [UInt8] { AgentLineTests.audio(milliseconds: milliseconds) }

    @Test("Nothing of the old answer follows `clear`, and a new one is heard from its first byte")
    func clear() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(audio(10_000))
        fixture.pass(1_000)
        let heard = fixture.phone.heard.count
        fixture.say(Self.speech)
        #expect(fixture.phone.messages.last == "clear")
        #expect(fixture.phone.queued == 0)
        #expect(fixture.slabs.inUse == 0)
        let sent = fixture.phone.messages.count
        fixture.delta(audio(500))
        fixture.pass(2_000)
        #expect(fixture.phone.messages.count == sent)
        #expect(fixture.line.counts.lateAgentAudio == 1)
        #expect(fixture.phone.heard.count == heard)
        // The marks that `clear` gave back are of the old generation.
        #expect(fixture.listener.oddMarks.allSatisfy { $0 == .outdated })
        fixture.say(#"{"type":"response.done","response":{"id":"r","status":"cancelled"}}"#)
        fixture.say(#"{"type":"response.created","response":{"id":"r2"}}"#)
        let answer = AgentLineTests.audio(milliseconds: 300, seed: 3)
        fixture.say(
            #"{"type":"response.output_audio.delta","response_id":"r2","item_id":"n","content_index":0,"delta":""#
                + base64(answer) + #""}"#)
        fixture.pass(500)
        #expect(Array(fixture.phone.heard.dropFirst(heard)) == answer)
    }

    @Test(
        "The model's memory is cut to the phone's playback clock", arguments: [0, 20, 120, 280, 1_000], [300, 5_000])
    func truncated(after milliseconds: Int, of length: Int) throws {
        guard milliseconds < length else { return }
        let fixture = try LineFixture.talking()
        // All that there is of a short one has been sent to the carrier by then.
        fixture.delta(audio(length))
        fixture.pass(milliseconds)
        fixture.say(Self.speech)
        let played = fixture.phone.heard.count / 8
        #expect(played == milliseconds)
        let event = try #require(fixture.upstream.events.last)
        if milliseconds == 0 {
            #expect(try event.string("type") == "conversation.item.delete")
        } else {
            #expect(try event.string("type") == "conversation.item.truncate")
            #expect(try abs(Int(event.integer("audio_end_ms")) - played) <= 1)
        }
    }

    @Test("Of two items in one answer the heard one is cut where it was heard, and the unheard one is taken back")
    func twoItems() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(audio(2_000), item: "a")
        fixture.ended("a")
        fixture.delta(audio(2_000), item: "b")
        fixture.pass(700)
        fixture.say(Self.speech)
        let types = ["conversation.item.truncate", "conversation.item.delete"]
        #expect(Array(fixture.upstream.types.suffix(2)) == types)
        let cut = try #require(fixture.upstream.events.dropLast().last)
        #expect(try abs(Int(cut.integer("audio_end_ms")) - 700) <= 1)

        let second = try LineFixture.talking()
        second.delta(audio(2_000), item: "a")
        second.ended("a")
        second.delta(audio(2_000), item: "b")
        second.pass(2_500)
        second.say(Self.speech)
        // The first was heard whole.
        let event = try #require(second.upstream.events.last)
        #expect(try event.string("item_id") == "b")
        #expect(try abs(Int(event.integer("audio_end_ms")) - 500) <= 1)
        #expect(second.upstream.types.count { $0 == "conversation.item.truncate" } == 1)
    }

    @Test("When all was heard there is nothing to stop, and no clear")
    func nothingToStop() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(audio(200))
        fixture.ended()
        fixture.pass(400)
        fixture.say(Self.speech)
        #expect(fixture.phone.clears == 0)
        #expect(!fixture.upstream.types.contains("conversation.item.truncate"))
    }

    @Test("Whoever waits for the end of what was interrupted is not told that it was heard")
    func watched() throws {
        let fixture = try LineFixture.talking()
        fixture.delta(audio(1_000))
        fixture.ended()
        fixture.line.watchPlayout()
        fixture.pass(500)
        fixture.say(Self.speech)
        fixture.pass(3_000)
        #expect(fixture.listener.playoutEnds == 0)
        fixture.line.watchPlayout()
        #expect(fixture.listener.playoutEnds == 1)
    }
}

@Suite("Call line: the waiting tone")
struct WaitingToneTests {
    @Test("It is heard without a gap or a click, is cleared at once, and the agent is heard behind it")
    func tone() throws {
        let fixture = try LineFixture()
        fixture.line.startTone()
        fixture.pass(5_000)
        #expect(fixture.phone.silences == 0)
        #expect(fixture.phone.longestQueue <= 2_400)
        let samples = Sound.samples(muLaw: fixture.phone.heard)
        #expect(samples.count >= 39_000)
        // A 400 Hz sine of this level moves 410 between two samples; a click moves more.
        #expect(zip(samples, samples.dropFirst()).allSatisfy { abs(Int($0) - Int($1)) < 500 })
        #expect(samples.dropFirst(100).prefix(1_400).contains { $0 > 1_000 })
        #expect(samples.dropFirst(7_000).prefix(8_000).allSatisfy { abs($0) < 10 })
        fixture.becomeReady()
        let agent = AgentLineTests.audio(milliseconds: 300)
        fixture.delta(agent)
        #expect(fixture.phone.clears == 0)
        let before = fixture.phone.heard.count
        fixture.line.stopTone()
        #expect(fixture.phone.clears == 1)
        fixture.pass(500)
        #expect(Array(fixture.phone.heard.dropFirst(before)) == agent)
        fixture.line.stopTone()
        #expect(fixture.phone.clears == 1)
    }

    @Test("A slow carrier gets no more of it until it has taken what waits")
    func busy() throws {
        let fixture = try LineFixture()
        fixture.phone.answer = .waiting
        fixture.line.startTone()
        fixture.pass(2_000)
        #expect(fixture.phone.messages.count <= 2)
    }
}
