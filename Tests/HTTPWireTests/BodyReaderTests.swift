import HTTPWire
import Testing

@Suite("Bodies")
struct BodyReaderTests {
    @Test("A body of a stated length ends there", arguments: [0, 1, 5])
    func length(count: Int) {
        let framing: BodyFraming = count == 0 ? .empty : .length(count)
        #expect(
            read(String(repeating: "x", count: count) + "next", framing)
                == Outcome(body: String(repeating: "x", count: count), rest: "next"))
    }

    @Test("Chunks are joined, extensions and trailers dropped", arguments: goodChunksCases)
    func goodChunks(text: String, body: String) {
        #expect(read(text + "next", .chunked) == Outcome(body: body, rest: "next"))
    }

    @Test("Broken chunks are refused", arguments: badChunksCases)
    func badChunks(text: String, body: String, violation: HTTPViolation) {
        #expect(read(text, .chunked) == Outcome(body: body, violation: violation))
    }

    @Test("A body until the end of the connection takes all")
    func untilClose() throws {
        #expect(read("all of it", .untilClose) == Outcome(body: "all of it"))
        var body = try BodyReader(.untilClose, maximumBytes: 10)
        try body.connectionEnded()
    }

    @Test("The cap holds to the byte, and as early as it can be known")
    func cap() throws {
        #expect(throws: HTTPViolation.bodyTooLarge(limit: 4)) { try BodyReader(.length(5), maximumBytes: 4) }
        #expect(read("abcd", .length(4), limit: 4) == Outcome(body: "abcd", rest: ""))
        let tooLarge = HTTPViolation.bodyTooLarge(limit: 4)
        #expect(read("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", .chunked, limit: 4) == Outcome(body: "abcd", rest: ""))
        #expect(read("2\r\nab\r\n3\r\n", .chunked, limit: 4) == Outcome(body: "ab", violation: tooLarge))
        #expect(read("fffffffffffffff\r\n", .chunked, limit: 4) == Outcome(body: "", violation: tooLarge))
        var body = try BodyReader(.untilClose, maximumBytes: 4)
        var position = 0
        #expect(throws: tooLarge) { try body.next(in: Array("abcde".utf8).span, from: &position) }
        #expect(throws: tooLarge) { try body.next(in: Array("a".utf8).span, from: &position) }
        #expect(tooLarge.status == 413)
    }

    @Test(
        "A body that the connection's end cuts off is not complete", arguments: [.length(5), .chunked] as [BodyFraming])
    func truncated(framing: BodyFraming) throws {
        var body = try BodyReader(framing, maximumBytes: 100)
        var position = 0
        _ = try body.next(in: Array("1\r\n".utf8).span, from: &position)
        #expect(throws: HTTPViolation.truncatedBody) { try body.connectionEnded() }
        #expect(throws: HTTPViolation.truncatedBody) { try body.next(in: Array("1".utf8).span, from: &position) }
    }

    @Test("A complete body may end with its connection", arguments: [.empty, .length(1), .chunked] as [BodyFraming])
    func complete(framing: BodyFraming) throws {
        var body = try BodyReader(framing, maximumBytes: 100)
        let bytes = Array((framing == .chunked ? "1\r\na\r\n0\r\n\r\n" : "a").utf8)
        var position = 0
        while try body.next(in: bytes.span, from: &position) != .end {}
        try body.connectionEnded()
    }

    @Test("Extensions and trailers are bounded over the whole body")
    func overhead() {
        let chunk = "1;\(String(repeating: "e", count: 999))\r\nx\r\n"
        let many = String(repeating: chunk, count: 5)
        #expect(
            read(many + "0\r\n\r\n", .chunked)
                == Outcome(body: "xxxx", violation: .chunkExtensionsTooLong(limit: 4096)))
        let most = "1\(String(repeating: ";", count: 4_000))\r\nx\r\n0\(String(repeating: ";", count: 96))"
        #expect(read("\(most)\r\n\r\n", .chunked) == Outcome(body: "x", rest: ""))
        #expect(
            read("\(most);\r\n\r\n", .chunked)
                == Outcome(body: "x", violation: .chunkExtensionsTooLong(limit: 4096)))
        #expect(read("1;" + String(repeating: "e", count: 5_000), .chunked).violation != nil, "before its line ends")
        let trailer = "T: \(String(repeating: "t", count: 1_000))\r\n"
        #expect(
            read("0\r\n" + String(repeating: trailer, count: 9), .chunked)
                == Outcome(body: "", violation: .headTooLarge(limit: 8192)))
        #expect(
            read("0\r\n" + String(repeating: "T: t\r\n", count: 65), .chunked)
                == Outcome(body: "", violation: .tooManyFields(limit: 64)))
    }

    struct Outcome: Hashable {
        var body: String
        var rest: String?
        var violation: HTTPViolation?
    }

    /// Reads `text` as one body, checked to be the same however it is cut.
    private func read(_ text: String, _ framing: BodyFraming, limit: Int = 1 << 20) -> Outcome {
        let bytes = Array(text.utf8)
        let whole = read(bytes, framing, limit, cuts: [])
        for cuts in [Array(0...bytes.count)] + cutsToTry(bytes.count).map({ [$0] })
        where read(bytes, framing, limit, cuts: cuts) != whole {
            Issue.record("cut at \(cuts): \(text.debugDescription)")
        }
        return whole
    }

    private func read(_ bytes: [UInt8], _ framing: BodyFraming, _ limit: Int, cuts: [Int]) -> Outcome {
        var body: [UInt8] = []
        var outcome = Outcome(body: "")
        do throws(HTTPViolation) {
            var reader = try BodyReader(framing, maximumBytes: limit)
            var start = 0
            slices: for end in cuts + [bytes.count] {
                let slice = Array(bytes[start..<end])
                var position = 0
                while let event = try reader.next(in: slice.span, from: &position) {
                    guard case .data(let range) = event else {
                        outcome.rest = String(decoding: bytes[(start + position)...], as: UTF8.self)
                        break slices
                    }
                    body += slice[range]
                }
                #expect(position == slice.count)
                start = end
            }
        } catch {
            outcome.violation = error
        }
        outcome.body = String(decoding: body, as: UTF8.self)
        return outcome
    }
}

private let goodChunksCases: [(String, String)] = [
    ("0\r\n\r\n", ""),
    ("3\r\nabc\r\n0\r\n\r\n", "abc"),
    ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
    ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ("a\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
    ("3\r\n\r\n\r\r\n0\r\n\r\n", "\r\n\r"),
    ("3;name=value;q=\"a b\"\r\nabc\r\n0;last\r\n\r\n", "abc"),
    ("3\r\nabc\r\n0\r\nTrailer: x\r\nContent-Length: 7\r\n\r\n", "abc"),
]

private let badChunksCases: [(String, String, HTTPViolation)] = [
    ("\r\n", "", .malformedChunk),
    ("g\r\n", "", .malformedChunk),
    ("-1\r\n", "", .malformedChunk),
    ("+1\r\na", "", .malformedChunk),
    ("0x1\r\na", "", .malformedChunk),
    (" 1\r\na", "", .malformedChunk),
    ("1 \r\na", "", .malformedChunk),
    ("1 ;e\r\na", "", .malformedChunk),
    ("1\t\r\na", "", .malformedChunk),
    ("1,1\r\na", "", .malformedChunk),
    ("1_0\r\na", "", .malformedChunk),
    ("1\na", "", .bareLineEnd),
    ("1\ra", "", .bareLineEnd),
    ("1;a\nb\r\na", "", .bareLineEnd),
    ("1\r\nab\r\n", "a", .malformedChunk),
    ("1\r\na\n", "a", .bareLineEnd),
    ("1\r\na0\r\n\r\n", "a", .malformedChunk),
    ("1\r\na\rb", "a", .bareLineEnd),
    ("10000000000000000\r\na", "", .malformedChunk),
    ("ffffffffffffffff\r\na", "", .malformedChunk),
    ("0000000000000001\r\na", "", .malformedChunk),
    ("1;\u{0}\r\na", "", .controlCharacter(0)),
    ("0\r\nbad trailer\r\n\r\n", "", .malformedField),
    ("0\r\n folded\r\n\r\n", "", .foldedField),
    ("0\r\nA: b\n\r\n", "", .bareLineEnd),
]
