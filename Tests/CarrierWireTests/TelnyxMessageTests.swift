import CarrierWire
import JSONWire
import MediaCore
import Testing

@Suite("Telnyx media stream")
struct TelnyxMessageTests {
    @Test("Reads the greeting and the start with its parties, format and parameters")
    func start() throws {
        guard case .connected(let greeting) = try read(#"{"event":"connected","version":"1.0.0"}"#) else {
            throw Unexpected("no greeting")
        }
        #expect(greeting.version == "1.0.0")
        let message = try read(
            #"""
            {"event":"start","sequence_number":"1","stream_id":"32de0dea-53cb-4b21-89a4-9e1819c043bc",
             "start":{"user_id":"u","call_control_id":"v3:abc-_","call_session_id":"ff55a038","client_state":"e30=",
             "from":"+13125550100","to":"+13125550199","tags":["a"],"custom_parameters":{"agent":"front"},
             "media_format":{"encoding":"OPUS","sample_rate":16000,"channels":1}}}
            """#)
        guard case .start(let start) = message else { throw Unexpected(message) }
        #expect(start.stream == "32de0dea-53cb-4b21-89a4-9e1819c043bc")
        #expect(start.call == "v3:abc-_" && start.account == "u" && start.sequence == 1)
        #expect(start.from == "+13125550100" && start.to == "+13125550199")
        #expect(start.parameters == ["agent": "front"])
        #expect(CarrierDialect.telnyx.codec(start.format) == .opus(.hz16000))
    }

    @Test(
        "Knows the formats by both of their names, and no others",
        arguments: [
            ("PCMU", 8_000, 1, .plain(.muLaw8k)), ("audio/x-mulaw", 8_000, 1, .plain(.muLaw8k)),
            ("pcma", 8_000, 1, .plain(.aLaw8k)), ("OPUS", 8_000, 1, .opus(.hz8000)),
            ("OPUS", 48_000, 2, .opus(.hz48000)), ("opus", 24_000, 1, .opus(.hz24000)), ("OPUS", 44_100, 1, nil),
            ("OPUS", 16_000, 3, nil), ("OPUS", 16_000, 0, nil), ("PCMU", 16_000, 1, nil), ("PCMU", 8_000, 2, nil),
            ("G722", 8_000, 1, nil), ("AMR-WB", 16_000, 1, nil), ("L16", 16_000, 1, nil), ("", 8_000, 1, nil),
        ] as [(String, Int64, Int64, CarrierCodec?)])
    func formats(encoding: String, rate: Int64, channels: Int64, codec: CarrierCodec?) {
        let format = CarrierMediaFormat(encoding: encoding, sampleRate: rate, channels: channels)
        #expect(CarrierDialect.telnyx.codec(format) == codec)
        #expect(CarrierDialect.twilio.codec(format) == (format == .muLaw8k ? .plain(.muLaw8k) : nil))
    }

    @Test(
        "Finds the audio whatever the order, the blanks, the escapes and the other members",
        arguments: [
            #"{"event":"media","sequence_number":"4","media":{"track":"inbound","chunk":"3","timestamp":"66","payload":"/////w=="},"stream_id":"s1"}"#,
            #"{"stream_id":"s1","media":{"payload":"\/\/\/\/\u002fw==","timestamp":66,"chunk":3,"track":"inbound"},"sequence_number":4,"ev\u0065nt":"media"}"#,
            #"{"event":"media","streamSid":"MZ1","sequenceNumber":"9","media":{"track":"inbound","chunk":"3","timestamp":"66","payload":"/////w=="},"sequence_number":"4","stream_id":"s1"}"#,
        ])
    func media(text: String) throws {
        let bytes = Array(text.utf8)
        guard case .media(let media) = try TelnyxMessage.read(bytes.span) else { throw Unexpected("no audio") }
        #expect(media.track == .inbound && media.chunk == 3 && media.timestamp == 66 && media.sequence == 4)
        let (ours, another) = (Array("s1".utf8), Array("MZ1".utf8))
        let isOurs = media.isOf(stream: ours.span, in: bytes.span)
        let isAnothers = media.isOf(stream: another.span, in: bytes.span)
        #expect(isOurs && !isAnothers)
        var audio = [UInt8](repeating: 0, count: media.maximumAudioByteCount)
        var target = audio.mutableSpan
        #expect(try media.decodePayload(of: bytes.span, into: &target) == 4)
        #expect(audio.prefix(4) == [255, 255, 255, 255])
    }

    @Test(
        "Reads keys, marks, complaints and the end",
        arguments: [
            (
                ##"{"event":"dtmf","stream_id":"s","occurred_at":"2026-01-01T00:00:00Z","dtmf":{"digit":"#"}}"##,
                "digit # s"
            ),
            (#"{"event":"mark","stream_id":"s","mark":{"name":"g7:12"}}"#, "mark g7:12 s"),
            (#"{"event":"stop","stream_id":"s","stop":{"call_control_id":"v3:a"}}"#, "stop s"),
            (
                #"{"event":"error","stream_id":"s","payload":{"code":100003,"title":"malformed_frame","detail":"no"}}"#,
                "trouble 100003 malformed_frame: no s"
            ),
            (#"{"event":"error","payload":{"code":"odd","title":7}}"#, "trouble -  -"),
            (#"{"event":"error"}"#, "trouble -  -"),
            (#"{"event":"Media"}"#, "unknown Media -"),
        ])
    func others(text: String, summary: String) throws {
        switch try read(text) {
        case .digit(let digit): #expect("digit \(digit.digit) \(digit.origin.stream ?? "-")" == summary)
        case .mark(let mark):
            let stream = mark.stream?.string(in: text.utf8.span) ?? "-"
            #expect("mark \(mark.name(in: text.utf8.span)) \(stream)" == summary)
        case .stop(let origin): #expect("stop \(origin.stream ?? "-")" == summary)
        case .trouble(let trouble, let origin):
            let code = trouble.code.map(String.init) ?? "-"
            #expect("trouble \(code) \(trouble.text) \(origin.stream ?? "-")" == summary)
        case .unknown(let event, let origin): #expect("unknown \(event) \(origin.stream ?? "-")" == summary)
        case .connected, .start, .media: Issue.record("another kind of message")
        }
    }

    @Test(
        "Names what is missing or has the wrong type",
        arguments: [
            (#"{"event":"start","start":{}}"#, .missing("stream_id")),
            (#"{"event":"start","stream_id":"a b","start":{}}"#, .invalidValue("stream_id")),
            (#"{"event":"start","stream_id":"a","start":{}}"#, .missing("call_control_id")),
            (#"{"event":"start","stream_id":"a","start":{"call_control_id":"c"}}"#, .missing("media_format")),
            (
                #"{"event":"start","stream_id":"a","start":{"call_control_id":"c","media_format":{"encoding":"x"}}}"#,
                .missing("sample_rate")
            ),
            (#"{"event":"dtmf","dtmf":{"digit":"12"}}"#, .invalidValue("digit")),
            (#"{"event":"media","media":{}}"#, .missing("payload")),
            (
                #"{"event":"media","media":{"payload":""},"stream_id":1}"#,
                .wrongType("stream_id", expected: .string, found: .number)
            ),
            (#"{"event":"media","media":{"payload":""},"sequence_number":"x"}"#, .invalidValue("sequence_number")),
        ] as [(String, JSONError)])
    func wrong(text: String, error: JSONError) {
        #expect(throws: CarrierError.message(error)) { try read(text) }
    }

    @Test("Writes no name of a stream, since a socket carries one")
    func writing() throws {
        let writer = CarrierDialect.telnyx.writer(stream: "s1")
        func written(_ count: Int, _ write: (inout MutableSpan<UInt8>) -> Range<Int>) -> String {
            var buffer = [UInt8](repeating: 0, count: count)
            var target = buffer.mutableSpan
            let place = write(&target)
            return String(decoding: buffer[place], as: UTF8.self)
        }
        let audio: [UInt8] = [0, 1, 2, 255]
        #expect(
            written(writer.mediaByteCount(audioByteCount: 4)) { writer.writeMedia(audio.span, into: &$0, at: 0) }
                == #"{"event":"media","media":{"payload":"AAEC/w=="}}"#)
        let name = try #require(MarkName("g7:12"))
        #expect(
            written(writer.markByteCount(name)) { writer.writeMark(name, into: &$0, at: 0) }
                == #"{"event":"mark","mark":{"name":"g7:12"}}"#)
        #expect(
            written(writer.clearByteCount) { writer.writeClear(into: &$0, at: 0) } == #"{"event":"clear"}"#)
    }

    private func read(_ text: String) throws(CarrierError) -> CarrierMessage {
        let bytes = Array(text.utf8)
        return try CarrierDialect.telnyx.read(bytes.span)
    }
}
