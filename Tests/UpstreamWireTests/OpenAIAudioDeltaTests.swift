import HTTPWire
import Testing
import UpstreamWire

@Suite("OpenAI audio delta")
struct OpenAIAudioDeltaTests {
    private let members = [
        #""type":"response.output_audio.delta""#, #""item_id":"item_a2""#, #""response_id":"resp_1""#,
        #""content_index":1"#, #""delta":"/////w==""#, #""output_index":0"#, #""obfuscation":{"delta":["x"]}"#,
    ]

    @Test("Any order of keys gives the same parts")
    func order() {
        for turn in members.indices {
            for order in [members, members.reversed()] {
                let text = "{" + (order[turn...] + order[..<turn]).joined(separator: " , ") + "}"
                #expect(scan(text) == ["item_a2", "resp_1", "1", "/////w=="])
            }
        }
    }

    @Test("Nothing inside a string passes for structure")
    func quotes() {
        let fake = #"\"delta\":\"AAAA\",\"item_id\":\"no\"}{"#
        let text = #"{"note":""# + fake + #"","# + members.joined(separator: ",") + #","end":""# + fake + #""}"#
        #expect(scan(text) == ["item_a2", "resp_1", "1", "/////w=="])
    }

    @Test("The last one of twins counts, as in every reader")
    func twins() {
        let text = #"{"type":"error","delta":"AAAA","# + members.joined(separator: ",") + "}"
        #expect(scan(text) == ["item_a2", "resp_1", "1", "/////w=="])
        #expect(scan("{" + members.joined(separator: ",") + #","type":"error"}"#) == nil)
    }

    @Test(
        "Response and content index may be missing or null",
        arguments: ["", #","response_id":null,"content_index":null"#])
    func optionals(rest: String) {
        let text = #"{"type":"response.audio.delta","item_id":"i","delta":"""# + rest + "}"
        #expect(scan(text) == ["i", "", "0", ""])
    }

    @Test(
        "What is written in an unusual way is left to the slow reader",
        arguments: [
            #"{"type":"response.output_audio.delta","item_id":"i","delta":"\/w=="}"#,
            #"{"type":"response.output_audio.delta","item_id":"\u0069","delta":"/w=="}"#,
            #"{"type":"response.output_audio.delta","item_id":"i","delta":"/w==","content_index":1.0}"#,
            #"{"type":"response.output_audio.delta","item_id":"i","delta":"/w==","content_index":"1"}"#,
            #"{"type":"response.output_audio.delta","item_id":"i","delta":"/w==","response_id":1}"#,
            #"{"type":"response.output_audio.delta","item_id":["i"],"delta":"/w=="}"#,
            #"{"type":"response.output_audio.delta","delta":"/w=="}"#,
            #"{"type":"response.output_audio.delta","item_id":"i"}"#,
            #"{"type":"response.output_audio.delta","item_id":"i","delta":"/w=="}x"#,
            #"{"type":"response.output_audio.delta","item_id":"i","delta":"/w==""#,
            #"{"type":"response.output_audio.done","item_id":"i","delta":"/w=="}"#,
            #"[{"type":"response.output_audio.delta","item_id":"i","delta":"/w=="}]"#, "", "1",
        ])
    func unusual(text: String) {
        #expect(scan(text) == nil)
    }

    /// The parts as texts.
    private func scan(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        guard let delta = OpenAIAudioDelta(scanning: bytes.span) else { return nil }
        let texts = [delta.itemID, delta.responseID, delta.base64].map { String(decoding: bytes[$0], as: UTF8.self) }
        return [texts[0], texts[1], "\(delta.contentIndex)", texts[2]]
    }
}

@Suite("OpenAI audio append")
struct OpenAIAudioAppendTests {
    @Test("The message stands behind room for a frame's header", arguments: [0, 1, 2, 3, 159, 160, 480, 48_001])
    func message(count: Int) throws {
        let audio = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var buffer = [UInt8](repeating: 0xAA, count: OpenAIAudioAppend.byteCount(audioByteCount: count))
        var target = buffer.mutableSpan
        let range = OpenAIAudioAppend.write(audio.span, into: &target)
        #expect(range.lowerBound == 14)
        #expect(range.upperBound == buffer.count)
        #expect(buffer[..<14].allSatisfy { $0 == 0xAA })
        let text = String(decoding: buffer[range], as: UTF8.self)
        #expect(text == #"{"type":"input_audio_buffer.append","audio":""# + base64(audio) + #""}"#)
    }

    @Test("A WebSocket frame is made around the message where it stands")
    func frame() throws {
        let audio = [UInt8](repeating: 0xFF, count: 160)
        var buffer = [UInt8](repeating: 0, count: OpenAIAudioAppend.byteCount(audioByteCount: audio.count))
        var target = buffer.mutableSpan
        let message = OpenAIAudioAppend.write(audio.span, into: &target)
        let plain = Array(buffer[message])
        target = buffer.mutableSpan
        let start = WebSocketFrame.wrap(.text, payload: message, maskKey: 0x1234_5678, in: &target)
        var frame = Array(buffer[start..<message.upperBound])
        var bytes = frame.mutableSpan
        var reader = WebSocketReader(role: .server, maximumMessageBytes: 1_000)
        var position = 0
        guard case .text(.slice(let range)) = try reader.next(in: &bytes, from: &position) else {
            Issue.record("no text message")
            return
        }
        #expect(Array(frame[range]) == plain)
    }

    @Test("There is room for the longest header that a frame can have")
    func headroom() {
        #expect(OpenAIAudioAppend.headroom == WebSocketFrame.maximumHeaderByteCount)
    }

    @Test("20 ms of a phone call are 263 bytes")
    func size() {
        #expect(OpenAIAudioAppend.byteCount(audioByteCount: 160) - OpenAIAudioAppend.headroom == 263)
    }

    /// Character by character, so that nothing is shared with the encoder under test.
    private func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (24 - 8 * group.count)
            for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
            text += String(repeating: "=", count: 3 - group.count)
        }
        return text
    }
}
