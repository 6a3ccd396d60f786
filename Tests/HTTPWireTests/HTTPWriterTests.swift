import HTTPWire
import TestSupport
import Testing

@Suite("HTTP writer")
struct HTTPWriterTests {
    @Test("A response is written line by line")
    func response() throws {
        var bytes: [UInt8] = []
        try ResponseHead(status: 429, headers: ["Retry-After": "1", "X-Note": "é"]).write(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nX-Note: é\r\n\r\n")
    }

    @Test("A request reads back as it was written")
    func request() throws {
        let head = try RequestHead(
            method: "POST", target: "/v1/calls?a=b",
            headers: ["Host": "h:1", "Content-Length": "2", "A": "", "a": "x y"])
        var bytes: [UInt8] = []
        try head.write(to: &bytes)
        #expect(requests(bytes + Array("{}".utf8)) == [.head(head, body: Array("{}".utf8))])
    }

    @Test(
        "Nothing that is written can smuggle in a line",
        arguments: [
            ("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\u{0}b"), ("X\r\nY", "a"), ("X Y", "a"),
            ("X:", "a"), ("", "a"), ("é", "a"), ("Content-Length", "1\r\n\r\nGET / HTTP/1.1"),
        ])
    func injection(name: String, value: String) throws {
        var bytes: [UInt8] = [1]
        #expect(throws: HTTPViolation.self) { try ResponseHead(status: 200, headers: [name: value]).write(to: &bytes) }
        let request = try? RequestHead(method: "GET", target: "/", headers: ["Host": "h", name: value])
        #expect(throws: HTTPViolation.self) {
            guard let request else { throw HTTPViolation.malformedField }
            try request.write(to: &bytes)
        }
        #expect(bytes == [1])
    }

    @Test("Start lines cannot smuggle in a line either")
    func startLines() {
        var bytes: [UInt8] = []
        #expect(throws: HTTPViolation.unwritable("reason")) {
            try ResponseHead(status: 200, reason: "OK\r\nA: b").write(to: &bytes)
        }
        #expect(throws: HTTPViolation.unwritable("status")) { try ResponseHead(status: 2000).write(to: &bytes) }
        for target in ["/ HTTP/1.1\r\nA: b", "/a b", "a", "", "/\u{0}"] {
            #expect(throws: HTTPViolation.unsupportedTarget) {
                try RequestHead(method: "GET", target: target, headers: ["Host": "h"])
            }
        }
        #expect(throws: HTTPViolation.malformedRequestLine) {
            try RequestHead(method: "GET /", target: "/", headers: ["Host": "h"])
        }
        #expect(bytes.isEmpty)
    }

    @Test("An answer whose length is given twice is not sent")
    func ambiguousLength() {
        var bytes: [UInt8] = []
        let head = ResponseHead(status: 200, headers: ["Content-Length": "1", "Transfer-Encoding": "chunked"])
        #expect(throws: HTTPViolation.unwritable("length")) { try head.write(to: &bytes) }
        #expect(bytes.isEmpty)
    }

    @Test("Chunks read back as written, and an empty one does not end the body", arguments: Seeded.seeds)
    func chunks(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        var bytes: [UInt8] = []
        var expected: [UInt8] = []
        for _ in 0..<8 {
            let piece = random.bytes([0, 1, 15, 16, 300].randomElement(using: &random) ?? 0)
            HTTPChunk.write(piece.span, to: &bytes)
            expected += piece
        }
        HTTPChunk.writeEnd(to: &bytes)
        var head: [UInt8] = []
        try RequestHead(method: "PUT", target: "/", headers: ["Host": "h", "Transfer-Encoding": "chunked"])
            .write(to: &head)
        let stream = head + bytes
        let outcomes = requests(stream, cuts: random.cuts(12, in: stream.count))
        guard case .head(_, let body) = outcomes.first else {
            Issue.record("replay with PATCHBAY_SEED=\(seed)")
            return
        }
        #expect(body == expected, "replay with PATCHBAY_SEED=\(seed)")
    }

    @Test("Every violation has a status, a code of its own and a sentence")
    func violations() {
        let all: [HTTPViolation] = [
            .bareLineEnd, .controlCharacter(0), .firstLineTooLong(limit: 1), .headTooLarge(limit: 1),
            .tooManyFields(limit: 1), .malformedRequestLine, .malformedStatusLine, .unsupportedVersion,
            .unsupportedTarget, .malformedField, .foldedField, .missingHost, .duplicateHost, .invalidHost,
            .conflictingLengths, .invalidContentLength, .unsupportedTransferEncoding, .unsupportedExpectation,
            .malformedChunk, .chunkExtensionsTooLong(limit: 1), .bodyTooLarge(limit: 1), .truncatedBody,
            .unwritable("reason"),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(all.allSatisfy { $0.code.hasPrefix("http.") && $0.message.hasSuffix(".") })
        #expect(all.allSatisfy { !ResponseHead(status: $0.status).reason.isEmpty })
    }
}
