import CarrierWire
import HTTPWire
import JSONWire
import Testing

@Suite("Twilio media stream, out")
struct CarrierWriterTests {
    private let stream = "MZ00000000000000000000000000000001"
    private let room = WebSocketFrame.maximumHeaderByteCount

    @Test("Writes exactly the members that Twilio takes")
    func messages() throws {
        let writer = CarrierWriter(twilioStream: stream)
        #expect(
            written(writer.mediaByteCount(audioByteCount: 4)) {
                writer.writeMedia([0, 1, 2, 0xFF].span, into: &$0, at: $1)
            }
                == #"{"event":"media","streamSid":"\#(stream)","media":{"payload":"AAEC/w=="}}"#)
        let mark = try #require(MarkName("g7:12:9600"))
        #expect(
            written(writer.markByteCount(mark)) { writer.writeMark(mark, into: &$0, at: $1) }
                == #"{"event":"mark","streamSid":"\#(stream)","mark":{"name":"g7:12:9600"}}"#)
        #expect(
            written(writer.clearByteCount) { writer.writeClear(into: &$0, at: $1) }
                == #"{"event":"clear","streamSid":"\#(stream)"}"#)
    }

    @Test("A frame header fits right in front of a message")
    func frames() throws {
        let writer = CarrierWriter(twilioStream: stream)
        let audio = [UInt8](repeating: 0x7F, count: 160)
        var buffer = [UInt8](repeating: 0, count: room + writer.mediaByteCount(audioByteCount: audio.count))
        var target = buffer.mutableSpan
        let message = writer.writeMedia(audio.span, into: &target, at: room)
        let start = WebSocketFrame.wrap(.text, payload: message, maskKey: nil, in: &target)
        #expect(message == room..<buffer.count)
        #expect(
            Array(buffer[start..<start + 4]) == [0x81, 126, UInt8(message.count >> 8), UInt8(message.count & 0xFF)])
        let object = try JSONObject(parsing: Array(buffer[message]).span)
        #expect(object.members.map(\.name) == ["event", "streamSid", "media"])
    }

    @Test("A stream's name cannot break out of the message", arguments: [#"x","media":{}"#, "a\\", "\n", "é\u{1}"])
    func hostileName(name: String) throws {
        let writer = CarrierWriter(twilioStream: name)
        let text = written(writer.clearByteCount) { writer.writeClear(into: &$0, at: $1) }
        let object = try JSONObject(parsing: Array(text.utf8).span)
        #expect(object.members.map(\.name) == ["event", "streamSid"])
        #expect(try object.string("streamSid") == name)
    }

    @Test(
        "A mark's name is short, printable, and needs no escape",
        arguments: [
            ("a", true), ("", false), ("a b", false), ("a\"", false), ("a\\", false), ("é", false), ("a\u{7F}", false),
        ])
    func markNames(name: String, isTaken: Bool) {
        #expect((MarkName(name) != nil) == isTaken)
        #expect(MarkName(String(repeating: "x", count: 64)) != nil)
        #expect(MarkName(String(repeating: "x", count: 65)) == nil)
    }

    private func written(_ count: Int, _ write: (inout MutableSpan<UInt8>, Int) -> Range<Int>) -> String {
        var buffer = [UInt8](repeating: 0xAA, count: room + count + 1)
        var target = buffer.mutableSpan
        let message = write(&target, room)
        #expect(message == room..<room + count)
        #expect(buffer[..<room].allSatisfy { $0 == 0xAA } && buffer.last == 0xAA, "wrote beside its place")
        return String(decoding: buffer[message], as: UTF8.self)
    }
}
