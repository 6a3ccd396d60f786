import HTTPWire
import Testing

@Suite("WebSocket frames, written")
struct WebSocketFrameTests {
    private static let key: UInt32 = 0x37FA_213D

    @Test("A frame is written as a peer would write it", arguments: [0, 1, 7, 8, 9, 125, 126, 300, 65_535, 65_536])
    func encode(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for (opcode, isFinal) in [(WebSocketOpcode.binary, true), (.text, false), (.continuation, true)] {
            let plain = WebSocketPeer(role: .client).frame(opcode.rawValue, payload, final: isFinal)
            let masked = WebSocketPeer(role: .server).frame(opcode.rawValue, payload, final: isFinal)
            #expect(encoded(opcode, isFinal, payload, maskKey: nil) == plain)
            #expect(encoded(opcode, isFinal, payload, maskKey: Self.key) == masked)
            #expect(wrapped(opcode, isFinal, payload, maskKey: nil) == plain)
            #expect(wrapped(opcode, isFinal, payload, maskKey: Self.key) == masked)
            #expect(WebSocketFrame.byteCount(payloadByteCount: count, isMasked: true) == masked.count)
            #expect(WebSocketFrame.byteCount(payloadByteCount: count, isMasked: false) == plain.count)
        }
    }

    @Test("A frame behind another one leaves that as it is", arguments: [0, 90, 300, 65_536], [nil, key])
    func behind(count: Int, maskKey: UInt32?) {
        let first = [UInt8]("first".utf8)
        let second = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var buffer = [UInt8](repeating: 0, count: 2 * WebSocketFrame.maximumHeaderByteCount + 5 + count)
        var target = buffer.mutableSpan
        var end = WebSocketFrame.encode(.text, payload: first.span, maskKey: maskKey, into: &target)
        end = WebSocketFrame.encode(.text, payload: second.span, maskKey: maskKey, into: &target, at: end)
        let alone = encoded(.text, true, first, maskKey: maskKey) + encoded(.text, true, second, maskKey: maskKey)
        #expect(Array(buffer[..<end]) == alone)
    }

    @Test("A header alone is the front of the frame", arguments: [0, 125, 126, 65_535, 65_536])
    func header(count: Int) {
        var buffer = [UInt8](repeating: 0, count: WebSocketFrame.maximumHeaderByteCount)
        var target = buffer.mutableSpan
        let end = WebSocketFrame.writeHeader(.text, payloadByteCount: count, maskKey: Self.key, into: &target)
        #expect(end == WebSocketFrame.headerByteCount(payloadByteCount: count, isMasked: true))
        let frame = WebSocketPeer(role: .server).text([UInt8](repeating: 0, count: count))
        #expect(Array(buffer[..<end]) == Array(frame[..<end]))
    }

    @Test("A close frame carries code and reason")
    func close() {
        #expect(encodedClose(1000, "bye", maskKey: nil) == WebSocketPeer(role: .client).close(1000, "bye"))
        #expect(encodedClose(1013, "später", maskKey: Self.key) == WebSocketPeer(role: .server).close(1013, "später"))
        #expect(encodedClose(nil, "dropped", maskKey: nil) == [0x88, 0])
    }

    @Test(
        "A long reason is cut to 123 bytes between characters",
        arguments: [("a", 123), ("é", 122), ("€", 123), ("😀", 120)])
    func longReason(character: String, kept: Int) {
        for role in bothRoles {
            let frame = encodedClose(
                1001, String(repeating: character, count: 200), maskKey: role == .server ? Self.key : nil)
            #expect(frame.count <= WebSocketFrame.maximumCloseByteCount)
            let reason = String(repeating: character, count: kept / character.utf8.count)
            #expect(events(frame, role: role) == [.close(1001, reason)])
        }
    }

    @Test("A reason of exactly 123 bytes is not cut", arguments: ["a", "€"])
    func exactReason(character: String) {
        let reason = String(repeating: character, count: 123 / character.utf8.count)
        #expect(events(encodedClose(1000, reason, maskKey: nil), role: .client) == [.close(1000, reason)])
    }

    private func encoded(
        _ opcode: WebSocketOpcode, _ isFinal: Bool, _ payload: [UInt8], maskKey: UInt32?
    ) -> [UInt8] {
        var buffer = [UInt8](repeating: 0xAA, count: payload.count + 20)
        var target = buffer.mutableSpan
        let end = WebSocketFrame.encode(
            opcode, isFinal: isFinal, payload: payload.span, maskKey: maskKey, into: &target)
        #expect(buffer[end...].allSatisfy { $0 == 0xAA }, "nothing past the frame is touched")
        return Array(buffer[..<end])
    }

    private func wrapped(
        _ opcode: WebSocketOpcode, _ isFinal: Bool, _ payload: [UInt8], maskKey: UInt32?
    ) -> [UInt8] {
        let room = WebSocketFrame.maximumHeaderByteCount
        var buffer = [UInt8](repeating: 0xAA, count: room) + payload + [0xAA, 0xAA]
        var target = buffer.mutableSpan
        let range = room..<room + payload.count
        let start = WebSocketFrame.wrap(opcode, isFinal: isFinal, payload: range, maskKey: maskKey, in: &target)
        #expect(buffer[..<start].allSatisfy { $0 == 0xAA }, "nothing before the frame is touched")
        #expect(buffer.suffix(2) == [0xAA, 0xAA], "nothing past the frame is touched")
        return Array(buffer[start..<range.upperBound])
    }

    private func encodedClose(_ code: UInt16?, _ reason: String, maskKey: UInt32?) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: WebSocketFrame.maximumCloseByteCount)
        var target = buffer.mutableSpan
        let end = WebSocketFrame.encodeClose(code: code, reason: reason, maskKey: maskKey, into: &target)
        return Array(buffer[..<end])
    }
}
