import HTTPWire
import Testing

@Suite("Request heads")
struct RequestHeadTests {
    @Test("A head keeps target, fields and their order exactly as they came")
    func kept() throws {
        let text =
            "POST /twilio/voice?a=%2f&b=1?2 HTTP/1.1\r\nHost: example.com:8443\r\nx-Twilio-SIGNATURE:  a b\t \r\n"
            + "Accept: one\r\nEmpty:\r\nACCEPT: two\r\nContent-Length: 0\r\n\r\n"
        let head = try #require(only(text))
        #expect(head.method == "POST")
        #expect(head.target == "/twilio/voice?a=%2f&b=1?2")
        #expect(head.path == "/twilio/voice")
        #expect(head.query == "a=%2f&b=1?2")
        #expect(head.version == .http11)
        #expect(
            head.headers.fields.map(\.name)
                == ["Host", "x-Twilio-SIGNATURE", "Accept", "Empty", "ACCEPT", "Content-Length"])
        #expect(head.headers["X-Twilio-Signature"] == "a b")
        #expect(head.headers["empty"] == "")
        #expect(head.headers["absent"] == nil)
        #expect(head.headers.values(of: "accept") == ["one", "two"])
        #expect(head.body == .empty)
    }

    @Test("Values past ASCII are UTF-8, or else ISO 8859-1")
    func encodings() throws {
        let start = Array("GET / HTTP/1.1\r\nHost: h\r\nA: ".utf8)
        let bytes = start + Array("é".utf8) + Array("\r\nB: ".utf8) + [0xE9] + Array("\r\n\r\n".utf8)
        guard case .head(let head, _) = requestsInAnyCut(bytes).first else {
            Issue.record("refused")
            return
        }
        #expect(head.headers["A"] == "é")
        #expect(head.headers["B"] == "é")
    }

    @Test("Requests may follow each other in one slice, each with its body, and an empty line before it")
    func pipelined() {
        let text =
            "\r\nPOST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
            + "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
            + "\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n"
        let seen = requestsInAnyCut(Array(text.utf8)).map { outcome in
            guard case .head(let head, let body) = outcome else { return "\(outcome)" }
            return "\(head.target) \(String(decoding: body, as: UTF8.self))"
        }
        #expect(seen == ["/a abc", "/b de", "/c "])
    }

    @Test(
        "A connection goes on or ends as version and Connection say",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: Upgrade, CLOSE\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
            ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
            ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
            ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
        ])
    func keepAlive(version: String, field: String, goesOn: Bool) throws {
        let head = try #require(only("GET / \(version)\r\nHost: h\r\n\(field)\r\n"))
        #expect(head.keepsAlive == goesOn)
    }

    @Test("100-continue is recognised, and ignored with HTTP/1.0")
    func expectation() throws {
        #expect(try #require(only("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n")).expectsContinue)
        #expect(try !#require(only("PUT / HTTP/1.1\r\nHost: h\r\n\r\n")).expectsContinue)
        #expect(try !#require(only("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")).expectsContinue)
        #expect(outcome("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n") == .violation(.unsupportedExpectation))
        #expect(HTTPViolation.unsupportedExpectation.status == 417)
    }

    @Test("HTTP/1.0 needs no Host; OPTIONS may ask for *")
    func otherForms() throws {
        #expect(try #require(only("GET / HTTP/1.0\r\n\r\n")).version == .http10)
        #expect(try #require(only("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")).target == "*")
        #expect(outcome("GET * HTTP/1.1\r\nHost: h\r\n\r\n") == .violation(.unsupportedTarget))
    }

    @Test("Reads are idle only between heads")
    func idle() throws {
        var reader = RequestHeadReader()
        var position = 0
        #expect(reader.isIdle)
        #expect(try reader.next(in: Array("G".utf8).span, from: &position) == nil)
        #expect(!reader.isIdle)
        position = 0
        #expect(try reader.next(in: Array("ET / HTTP/1.0\r\n\r\n".utf8).span, from: &position) != nil)
        #expect(reader.isIdle)
    }

    @Test("The limits hold to the byte", arguments: [0, 1])
    func limits(excess: Int) {
        let line = "GET /\(String(repeating: "p", count: 100 + excess)) HTTP/1.0\r\n"
        let lineLimit = HeadLimits(firstLineBytes: line.utf8.count - excess)
        let lineOutcome = requestsInAnyCut(Array("\(line)\r\n".utf8), limits: lineLimit).first
        let head = "GET / HTTP/1.0\r\nA: \(String(repeating: "v", count: 100 + excess))\r\n\r\n"
        let headLimit = HeadLimits(headBytes: head.utf8.count - excess)
        let headOutcome = requestsInAnyCut(Array(head.utf8), limits: headLimit).first
        let fields = "GET / HTTP/1.0\r\n" + String(repeating: "A: b\r\n", count: 10 + excess) + "\r\n"
        let fieldsOutcome = requestsInAnyCut(Array(fields.utf8), limits: HeadLimits(fields: 10)).first
        if excess > 0 {
            #expect(lineOutcome == .violation(.firstLineTooLong(limit: lineLimit.firstLineBytes)))
            #expect(headOutcome == .violation(.headTooLarge(limit: headLimit.headBytes)))
            #expect(fieldsOutcome == .violation(.tooManyFields(limit: 10)))
        } else {
            for outcome in [lineOutcome, headOutcome, fieldsOutcome] {
                guard case .head = outcome else {
                    Issue.record("\(String(describing: outcome))")
                    continue
                }
            }
        }
    }

    @Test("A head of 200 KB is answered 431, or 414 if it is all one request line")
    func hugeHeads() {
        let huge = String(repeating: "x", count: 200_000)
        #expect(status("GET / HTTP/1.1\r\nHost: h\r\nCookie: \(huge)\r\n\r\n") == 431)
        #expect(status("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 30_000)) == 431)
        #expect(status("GET /\(huge) HTTP/1.1\r\nHost: h\r\n\r\n") == 414)
        #expect(status(huge) == 414)
    }

    private func status(_ text: String) -> Int? {
        guard case .violation(let violation) = requests(Array(text.utf8)).first else { return nil }
        return violation.status
    }

    private func outcome(_ text: String) -> RequestOutcome? {
        requestsInAnyCut(Array(text.utf8)).first
    }

    private func only(_ text: String) -> RequestHead? {
        guard case .head(let head, _) = outcome(text) else { return nil }
        return head
    }
}
