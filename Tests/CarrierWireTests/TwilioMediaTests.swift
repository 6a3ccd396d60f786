import CarrierWire
import JSONWire
import Testing

@Suite("Twilio media message, in")
struct TwilioMediaTests {
    @Test(
        "Finds the audio whatever the order, the blanks, the escapes and the other members",
        arguments: [
            #"{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"3","timestamp":"66","payload":"/////w=="},"streamSid":"MZ1"}"#,
            #"{"streamSid":"MZ1","media":{"payload":"/////w==","timestamp":66,"chunk":3,"track":"inbound"},"sequenceNumber":4,"event":"media"}"#,
            " {\n\t\"media\" : { \"payload\" : \"/////w==\" , \"timestamp\" : \"66\" , \"chunk\" : \"3\" , \"track\" : \"inbound\" } , \"event\" : \"media\" , \"streamSid\" : \"MZ1\" , \"sequenceNumber\" : \"4\" } \r\n",
            #"{"\u0065vent":"medi\u0061","sequenceNumber":"4","m\u0065dia":{"track":"\u0069nbound","chunk":"3","timestamp":"66","p\u0061yload":"\/\/\/\u002f\/w=="},"streamSid":"\u004dZ1"}"#,
            #"{"event":"media","note":"\"media\":{\"payload\":\"AAAA\"}","media":{"note":"},\"payload\":\"AAAA\"","track":"inbound","chunk":"3","timestamp":"66","payload":"/////w=="},"sequenceNumber":"4","streamSid":"MZ1"}"#,
            #"{"event":"media","media":{"media":{"payload":"AAAA","timestamp":"1"},"event":"stop","track":"inbound","chunk":"3","timestamp":"66","payload":"/////w==","payload2":"AAAA"},"x":[{"payload":"AAAA"},[]],"payload":"AAAA","timestamp":"9","chunk":"9","sequenceNumber":"4","streamSid":"MZ1"}"#,
            #"{"event":"stop","media":{"payload":"AAAA","track":"outbound"},"media":7,"sequenceNumber":"1","streamSid":"MZ2","event":"media","media":{"payload":7,"track":"inbound","chunk":"3","timestamp":"66","payload":"/////w=="},"sequenceNumber":"4","streamSid":"MZ1"}"#,
        ])
    func finds(text: String) throws {
        let bytes = Array(text.utf8)
        let media = try media(bytes)
        #expect(media.track == .inbound)
        #expect(media.chunk == 3)
        #expect(media.timestamp == 66)
        #expect(media.sequence == 4)
        #expect(isOf("MZ1", media, bytes))
        #expect(!isOf("MZ2", media, bytes))
        #expect(!isOf("MZ", media, bytes))
        #expect(!isOf("MZ12", media, bytes))
        #expect(try decoded(media, bytes) == [0xFF, 0xFF, 0xFF, 0xFF])
    }

    @Test("Takes a message that says no more than its audio as one of this stream")
    func lean() throws {
        let bytes = Array(#"{"event":"media","media":{"payload":"","track":null},"streamSid":null}"#.utf8)
        let media = try media(bytes)
        #expect(media.track == nil && media.chunk == nil && media.timestamp == nil && media.sequence == nil)
        #expect(isOf("MZ1", media, bytes))
        #expect(try decoded(media, bytes) == [])
    }

    @Test(
        "Tells the tracks apart",
        arguments: [
            ("inbound", .inbound), ("outbound", .outbound), ("inbound_track", .inbound), ("", .other),
            ("mixed", .other),
        ]
            as [(String, CarrierTrack)])
    func tracks(word: String, track: CarrierTrack) throws {
        #expect(try media(Array(#"{"event":"media","media":{"payload":"","track":"\#(word)"}}"#.utf8)).track == track)
    }

    @Test(
        "Names what has the wrong type or value",
        arguments: [
            (#"{"event":"media"}"#, .missing("media")), (#"{"event":"media","media":null}"#, .missing("media")),
            (#"{"event":"media","media":"x"}"#, .wrongType("media", expected: .object, found: .string)),
            (
                #"{"event":"media","media":{"payload":"AAAA"},"media":[]}"#,
                .wrongType("media", expected: .object, found: .array)
            ),
            (#"{"event":"media","media":{"payload":"AAAA"},"media":{}}"#, .missing("payload")),
            (#"{"event":"media","media":{}}"#, .missing("payload")),
            (#"{"event":"media","media":{"payload":null}}"#, .missing("payload")),
            (#"{"event":"media","media":{"payload":7}}"#, .wrongType("payload", expected: .string, found: .number)),
            (
                #"{"event":"media","media":{"payload":"","track":1}}"#,
                .wrongType("track", expected: .string, found: .number)
            ),
            (#"{"event":"media","media":{"payload":"","timestamp":"x"}}"#, .invalidValue("timestamp")),
            (#"{"event":"media","media":{"payload":"","timestamp":-20}}"#, .invalidValue("timestamp")),
            (#"{"event":"media","media":{"payload":"","timestamp":99999999999999999999}}"#, .invalidValue("timestamp")),
            (
                #"{"event":"media","media":{"payload":"","chunk":true}}"#,
                .wrongType("chunk", expected: .string, found: .bool)
            ),
            (
                #"{"event":"media","media":{"payload":""},"sequenceNumber":[1]}"#,
                .wrongType("sequenceNumber", expected: .string, found: .array)
            ),
            (
                #"{"event":"media","media":{"payload":""},"streamSid":1}"#,
                .wrongType("streamSid", expected: .string, found: .number)
            ),
            (#"{"event":"media","media":{"payload":"AA"AA"}}"#, .malformed(at: 40)),
            (#"{"event":"media","media":{"payload":"AAAA"}"#, .malformed(at: 43)),
        ] as [(String, JSONError)])
    func wrong(text: String, error: JSONError) {
        #expect(throws: CarrierError.message(error)) { try media(Array(text.utf8)) }
    }

    @Test(
        "Refuses a payload that is not base64",
        arguments: ["A", "AAA", "AA==AAAA", "A===", "AAA*", "AA A", "AAAA\\n", "_-__", "AB==", "é000"])
    func notBase64(payload: String) throws {
        let bytes = Array(#"{"event":"media","media":{"payload":"\#(payload)"}}"#.utf8)
        let media = try media(bytes)
        #expect(throws: CarrierError.payloadNotBase64) { try decoded(media, bytes) }
    }

    @Test("Decodes audio of any length, and says when there is no room for it", arguments: [1, 2, 3, 160, 8_000])
    func lengths(count: Int) throws {
        let audio = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = twilioMessage(audio)
        let media = try media(bytes)
        #expect(media.maximumAudioByteCount >= count && media.maximumAudioByteCount < count + 3)
        #expect(try decoded(media, bytes) == audio)
        var small = [UInt8](repeating: 0, count: max(0, count - 3))
        #expect(throws: CarrierError.payloadTooLong(limit: small.count)) {
            var room = small.mutableSpan
            _ = try media.decodePayload(of: bytes.span, into: &room)
        }
    }

    /// Our own message has no numbers, but is read like Twilio's.
    private func twilioMessage(_ audio: [UInt8]) -> [UInt8] {
        let writer = CarrierWriter(twilioStream: "MZ1")
        var bytes = [UInt8](repeating: 0, count: writer.mediaByteCount(audioByteCount: audio.count))
        var room = bytes.mutableSpan
        _ = writer.writeMedia(audio.span, into: &room, at: 0)
        return bytes
    }

    private func media(_ bytes: [UInt8]) throws -> CarrierMedia {
        let message = try TwilioMessage.read(bytes.span)
        guard case .media(let media) = message else { throw Unexpected(message) }
        return media
    }

    private func isOf(_ stream: String, _ media: CarrierMedia, _ bytes: [UInt8]) -> Bool {
        media.isOf(stream: stream.utf8.span, in: bytes.span)
    }

    private func decoded(_ media: CarrierMedia, _ bytes: [UInt8]) throws(CarrierError) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: media.maximumAudioByteCount)
        var room = target.mutableSpan
        let count = try media.decodePayload(of: bytes.span, into: &room)
        return Array(target[..<count])
    }
}
