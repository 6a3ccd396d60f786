import HTTPWire
import Testing

@Suite("Response heads")
struct ResponseHeadTests {
    @Test("A head is read exactly, with or without a reason")
    func good() throws {
        let head = try #require(try read("HTTP/1.1 404 Not Found at all\r\nA: 1\r\na: 2\r\n\r\n").get())
        #expect(head.version == .http11)
        #expect(head.status == 404)
        #expect(head.reason == "Not Found at all")
        #expect(head.headers.values(of: "A") == ["1", "2"])
        #expect(try read("HTTP/1.0 200 \r\n\r\n").get()?.reason == "")
        #expect(try read("HTTP/1.1 200\r\n\r\n").get()?.reason == "")
    }

    @Test(
        "A broken status line is refused",
        arguments: [
            "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 200OK", "HTTP/1.1 099 No",
            "HTTP/1.1 600 No", "HTTP/1.1 +20 OK", "HTTP/1.1", "http/1.1 200 OK", "ICY 200 OK", "GET / HTTP/1.1",
        ])
    func bad(line: String) {
        #expect(read("\(line)\r\n\r\n") == .failure(.malformedStatusLine))
    }

    @Test("Heads are as strict as those of requests")
    func strict() {
        #expect(read("HTTP/2.0 200 OK\r\n\r\n") == .failure(.unsupportedVersion))
        #expect(read("HTTP/1.1 200 OK\n\n") == .failure(.bareLineEnd))
        #expect(read("HTTP/1.1 200 OK\r\nA : b\r\n\r\n") == .failure(.malformedField))
        #expect(read("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n") == .failure(.foldedField))
    }

    @Test("The body ends as status, fields and the question say")
    func framing() throws {
        #expect(try framing("200", "Content-Length: 5") == .length(5))
        #expect(try framing("200", "Content-Length: 0") == .empty)
        #expect(try framing("200", "Transfer-Encoding: chunked") == .chunked)
        #expect(try framing("200", "A: b") == .untilClose)
        for status in ["100", "101", "204", "304"] {
            #expect(try framing(status, "Content-Length: 5") == .empty)
        }
        #expect(try framing("200", "Content-Length: 5", method: "HEAD") == .empty)
        #expect(throws: HTTPViolation.conflictingLengths) {
            try framing("200", "Content-Length: 5\r\nTransfer-Encoding: chunked")
        }
        #expect(throws: HTTPViolation.conflictingLengths) {
            try framing("200", "Content-Length: 5\r\nContent-Length: 5")
        }
        #expect(throws: HTTPViolation.unsupportedTransferEncoding) { try framing("200", "Transfer-Encoding: gzip") }
    }

    @Test("Interim answers are told apart from the final one")
    func interim() throws {
        let text = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        let bytes = Array(text.utf8)
        var reader = ResponseHeadReader()
        var position = 0
        #expect(try reader.next(in: bytes.span, from: &position)?.isInterim == true)
        #expect(try reader.next(in: bytes.span, from: &position)?.isInterim == false)
        #expect(position == bytes.count)
        #expect(!ResponseHead(status: 101).isInterim)
    }

    private func framing(_ status: String, _ fields: String, method: String = "GET") throws -> BodyFraming? {
        try read("HTTP/1.1 \(status) X\r\n\(fields)\r\n\r\n").get()?.bodyFraming(answering: method)
    }

    /// Reads one head, checked to be the same however it is cut.
    private func read(_ text: String) -> Result<ResponseHead?, HTTPViolation> {
        let bytes = Array(text.utf8)
        let whole = read(bytes, cuts: [])
        for cuts in [Array(0...bytes.count)] + cutsToTry(bytes.count).map({ [$0] })
        where read(bytes, cuts: cuts) != whole {
            Issue.record("cut at \(cuts): \(text.debugDescription)")
        }
        return whole
    }

    private func read(_ bytes: [UInt8], cuts: [Int]) -> Result<ResponseHead?, HTTPViolation> {
        var reader = ResponseHeadReader()
        var start = 0
        do throws(HTTPViolation) {
            for end in cuts + [bytes.count] {
                var position = 0
                if let head = try reader.next(in: bytes[start..<end].span, from: &position) { return .success(head) }
                start = end
            }
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }
}
