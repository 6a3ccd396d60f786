import Testing

@testable import MediaCore

@Suite("Playout mark")
struct PlayoutMarkTests {
    @Test(
        "A mark's text is short, plain and comes back as it was",
        arguments: [
            (0, 0, 0, "g0:0:0"), (7, 12, 9_600, "g7:12:9600"), (1, 10, 100, "g1:10:100"),
            (UInt32.max, UInt32.max, 1 << 48, "g4294967295:4294967295:281474976710656"),
        ] as [(UInt32, UInt32, Int, String)])
    func text(generation: UInt32, item: UInt32, end: Int, text: String) {
        let mark = PlayoutMark(
            generation: PlayoutGeneration(number: generation), item: PlayoutItem(number: item), end: SampleCount(end))
        var bytes = [UInt8](repeating: 0xEE, count: PlayoutMark.maximumByteCount + 3)
        var span = bytes.mutableSpan
        let count = mark.write(to: &span, at: 3)
        #expect(String(decoding: bytes[3..<3 + count], as: UTF8.self) == text)
        #expect(bytes.prefix(3) == [0xEE, 0xEE, 0xEE] && bytes.dropFirst(3 + count).allSatisfy { $0 == 0xEE })
        #expect(PlayoutMark(parsing: bytes.span.extracting(3..<3 + count)) == mark)
    }

    @Test(
        "A name that is not a mark of ours is none",
        arguments: [
            "", "g", "g1", "g1:", "g1:2", "g1:2:", "g1:2:3:", "g1:2:3 ", " g1:2:3", "G1:2:3", "g01:2:3", "g1:02:3",
            "g1:2:03", "g-1:2:3", "g1:2:-3", "g+1:2:3", "g1;2;3", "g4294967296:2:3", "g1:4294967296:3",
            "g1:2:281474976710657", "g1:2:99999999999999999999999999", "g\u{661}:2:3", "greeting",
        ])
    func foreign(name: String) {
        #expect(PlayoutMark(parsing: Array(name.utf8).span) == nil)
    }
}
