import HTTPWire
import TestSupport
import Testing

@Suite("WebSocket, any messages")
struct WebSocketPropertyTests {
    @Test("What one side writes the other reads, however it is cut", arguments: Seeded.seeds, bothRoles)
    func roundTrip(seed: UInt64, role: WebSocketRole) {
        var random = Seeded(seed: seed)
        var stream: [UInt8] = []
        var expected: [Seen] = []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            appendMessage(to: &stream, expected: &expected, role: role, random: &random)
        }
        for _ in 0..<8 {
            let cuts = random.cuts(Int.random(in: 0...20, using: &random), in: stream.count)
            #expect(events(stream, role: role, cuts: cuts) == expected, "replay with PATCHBAY_SEED=\(seed)")
        }
    }

    @Test("Damaged streams give the same events however they are cut", arguments: Seeded.seeds, bothRoles)
    func damage(seed: UInt64, role: WebSocketRole) {
        var random = Seeded(seed: seed)
        var stream: [UInt8] = []
        var ignored: [Seen] = []
        for _ in 0..<6 { appendMessage(to: &stream, expected: &ignored, role: role, random: &random) }
        for _ in 0..<10 {
            var damaged = stream
            let place = Int.random(in: 0..<damaged.count, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            let whole = events(damaged, role: role)
            let cuts = random.cuts(10, in: damaged.count)
            #expect(events(damaged, role: role, cuts: cuts) == whole, "replay with PATCHBAY_SEED=\(seed)")
        }
    }

    /// Writes one message, perhaps in fragments with control frames between, by the code under test.
    private func appendMessage(
        to stream: inout [UInt8], expected: inout [Seen], role: WebSocketRole, random: inout Seeded
    ) {
        let isText = Bool.random(using: &random)
        let length = [0, 3, 40, 125, 126, 700].randomElement(using: &random) ?? 0
        let payload = isText ? Array(text(length, &random).utf8) : random.bytes(length)
        let ends = random.cuts(Int.random(in: 0...3, using: &random), in: payload.count) + [payload.count]
        var start = 0
        for (index, end) in ends.enumerated() {
            let opcode: WebSocketOpcode = index > 0 ? .continuation : isText ? .text : .binary
            append(opcode, payload[start..<end], isFinal: index == ends.count - 1, to: &stream, role, &random)
            start = end
            if index < ends.count - 1, Bool.random(using: &random) {
                let ping = random.bytes(Int.random(in: 0...125, using: &random))
                append(.ping, ping[...], isFinal: true, to: &stream, role, &random)
                expected.append(.ping(ping))
            }
        }
        expected.append(isText ? .text(payload) : .binary(payload))
    }

    private func text(_ length: Int, _ random: inout Seeded) -> String {
        let characters = ["a", "B", "7", " ", "é", "€", "日", "😀", "\u{0}", "\u{7F}", "\u{80}", "\u{10FFFF}"]
        var text = ""
        while text.utf8.count < length { text += characters.randomElement(using: &random) ?? "" }
        return text
    }

    private func append(
        _ opcode: WebSocketOpcode, _ payload: ArraySlice<UInt8>, isFinal: Bool, to stream: inout [UInt8],
        _ role: WebSocketRole, _ random: inout Seeded
    ) {
        let key: UInt32? = role == .server ? UInt32.random(in: 0...(.max), using: &random) : nil
        var buffer = [UInt8](repeating: 0, count: payload.count + WebSocketFrame.maximumHeaderByteCount)
        var target = buffer.mutableSpan
        let end = WebSocketFrame.encode(opcode, isFinal: isFinal, payload: payload.span, maskKey: key, into: &target)
        stream += buffer[..<end]
    }
}
