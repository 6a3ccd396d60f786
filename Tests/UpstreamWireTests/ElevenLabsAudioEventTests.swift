import HTTPWire
import JSONWire
import MediaCore
import Testing
import UpstreamWire

@Suite("ElevenLabs audio event")
struct ElevenLabsAudioEventTests {
    private static let inner = [
        #""audio_base_64":"/////w==""#, #""event_id":7"#,
        #""alignment":{"chars":["H"],"char_start_times_ms":[0],"char_durations_ms":[80],"event_id":9}"#,
        #""is_final":false"#,
    ]

    private func found(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        guard let event = ElevenLabsAudioEvent(scanning: bytes.span) else { return nil }
        return [event.eventID.map(String.init) ?? "none", String(decoding: bytes[event.base64], as: UTF8.self)]
    }

    @Test("Any order of keys gives the same parts")
    func order() {
        for turn in Self.inner.indices {
            let keys = (Self.inner[turn...] + Self.inner[..<turn]).joined(separator: " , ")
            let outer = [#""type":"audio""#, #""audio_event":{\#(keys)}"#, #""x":{"audio_event":{"event_id":1}}"#]
            for order in [outer, outer.reversed()] {
                #expect(found("{" + order.joined(separator: ",") + "}") == ["7", "/////w=="])
            }
        }
    }

    @Test(
        "The number may be text, missing or null",
        arguments: [
            (#","event_id":"12""#, "12"), ("", "none"), (#","event_id":null"#, "none"), (#","event_id":0"#, "0"),
        ])
    func numbers(rest: String, number: String) {
        #expect(found(#"{"type":"audio","audio_event":{"audio_base_64":"""# + rest + "}}") == [number, ""])
    }

    @Test("The last one of twins counts, and what it lacks is not taken from the first")
    func twins() {
        let first = #""audio_event":{"audio_base_64":"AAAA","event_id":1}"#
        #expect(found(#"{"type":"audio",\#(first),"audio_event":{"audio_base_64":"BBBB"}}"#) == ["none", "BBBB"])
        #expect(found(#"{"type":"audio",\#(first),"audio_event":{"event_id":2}}"#) == nil)
        #expect(found(#"{"type":"audio",\#(first),"audio_event":7}"#) == nil)
        #expect(found(#"{"type":"audio",\#(first),"type":"ping"}"#) == nil)
    }

    @Test(
        "What is written in an unusual way, or is no audio, is left to the slow reader",
        arguments: [
            #"{"type":"audio","audio_event":{"audio_base_64":"\/w==","event_id":1}}"#,
            #"{"type":"audio","audio_event":{"audio_base_64":"/w==","event_id":1.0}}"#,
            #"{"type":"audio","audio_event":{"audio_base_64":"/w==","event_id":-1}}"#,
            #"{"type":"audio","audio_event":{"audio_base_64":"/w==","event_id":true}}"#,
            #"{"type":"audio","audio_event":{"audio_base_64":null,"event_id":1}}"#,
            #"{"type":"audio","audio_base_64":"/w==","event_id":1}"#,
            #"{"type":"audio","audio_event":{"audio_base_64":"/w==","event_id":1}}x"#,
            #"{"type":"audio","audio_event":{"audio_base_64":"/w==","event_id":1}"#,
            #"{"type":"ping","audio_event":{"audio_base_64":"/w==","event_id":1}}"#,
            #"[{"type":"audio","audio_event":{"audio_base_64":"/w==","event_id":1}}]"#, "", "1", "{}",
        ])
    func unusual(text: String) {
        #expect(found(text) == nil)
    }

    @Test("An escaped payload is played all the same")
    func escapedPayload() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(1, base64: #"\/w=="#)
        #expect(probe.events == [.agentAudio(AgentItem(number: 1), [0xFF])])
        try probe.audio(1, base64: #"\/!"#)
        #expect(probe.warnings.map(\.code) == ["upstream.malformed_message"])
    }

    @Test(
        "Caller audio is written as the message that the server knows, behind room for a header",
        arguments: [0, 1, 160, 1_920])
    func callerAudio(count: Int) throws {
        let audio = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var buffer = [UInt8](repeating: 0, count: ElevenLabsAudioChunk.byteCount(audioByteCount: count))
        var target = buffer.mutableSpan
        let range = ElevenLabsAudioChunk.write(audio.span, into: &target)
        #expect(range.lowerBound == WebSocketFrame.maximumHeaderByteCount && range.upperBound == buffer.count)
        let message = try JSONObject(parsing: buffer.span.extracting(range))
        #expect(message.members.map(\.name) == ["user_audio_chunk"])
        let base64 = try message.string("user_audio_chunk")
        var decoded = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(base64.utf8.count))
        var decodedSpan = decoded.mutableSpan
        #expect(Base64.decode(base64.utf8.span, into: &decodedSpan) == count)
        #expect(Array(decoded.prefix(count)) == audio)
    }
}
