import HTTPWire
import Testing

@Suite("Hostile requests")
struct HostileRequestTests {
    @Test("Whatever two parsers could read differently is refused", arguments: smugglingCases)
    func smuggling(text: String, violation: HTTPViolation) { check(text, violation) }

    @Test("Lines and fields are exactly as RFC 9112 writes them", arguments: malformedCases)
    func malformedHeads(text: String, violation: HTTPViolation) { check(text, violation) }

    @Test("Another protocol is refused in words it can show", arguments: foreignCases)
    func foreignProtocols(text: String, violation: HTTPViolation) { check(text, violation) }

    @Test("No control character gets into a head", arguments: (UInt8.min...0x1F).filter { $0 != 9 } + [0x7F])
    func controlCharacters(byte: UInt8) {
        for (before, after) in [
            ("GE", "T / HTTP/1.1\r\nHost: h\r\n\r\n"), ("GET /", " HTTP/1.1\r\nHost: h\r\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: h\r\nA", ": b\r\n\r\n"), ("GET / HTTP/1.1\r\nHost: h\r\nA: b", "c\r\n\r\n"),
        ] {
            let outcome = requestsInAnyCut(Array(before.utf8) + [byte] + Array(after.utf8)).first
            let expected: HTTPViolation = byte == 10 || byte == 13 ? .bareLineEnd : .controlCharacter(byte)
            #expect(outcome == .violation(expected))
        }
    }

    @Test("Hosts are names or addresses with an optional port")
    func hosts() {
        for good in [
            "h", "example.com", "a-b_c.example", "127.0.0.1:80", "localhost:65535", "[::1]", "[2001:db8::1]:443",
            "[::ffff:1.2.3.4]:0",
        ] {
            guard case .head = requests(Array("GET / HTTP/1.1\r\nHost: \(good)\r\n\r\n".utf8)).first else {
                Issue.record("\(good) refused")
                continue
            }
        }
        for bad in [
            "", "a b", "a,b", "user@h", "h/", "h:", "h:x", "h:-1", "h:65536", "h:123456", ":80", "[::1", "::1", "[]",
            "[::1]x", "[::1]:", "[g::1]", "h?q", "h#f", "http://h", "h\\", "é", "h:80:80", "%68",
        ] {
            #expect(
                requests(Array("GET / HTTP/1.1\r\nHost: \(bad)\r\n\r\n".utf8)).first == .violation(.invalidHost),
                "\(bad)")
        }
    }

    private func check(_ text: String, _ violation: HTTPViolation) {
        let outcomes = requestsInAnyCut(Array(text.utf8))
        #expect(outcomes == [.violation(violation)], "\(text.debugDescription)")
    }
}

private let post = "POST / HTTP/1.1\r\nHost: h\r\n"

private let smugglingCases: [(String, HTTPViolation)] = [
    ("\(post)Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .conflictingLengths),
    ("\(post)Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", .conflictingLengths),
    ("\(post)Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", .conflictingLengths),
    ("\(post)Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", .conflictingLengths),
    ("\(post)Content-Length: 3, 3\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: +3\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: -1\r\n\r\n", .invalidContentLength),
    ("\(post)Content-Length: 0x3\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: 3 3\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: 3.0\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: ٣\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length:\r\n\r\n", .invalidContentLength),
    ("\(post)Content-Length: 18446744073709551619\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: 9223372036854775808\r\n\r\nabc", .invalidContentLength),
    ("\(post)Content-Length: 999999999999999999\r\n\r\nabc", .bodyTooLarge(limit: 1 << 20)),
    ("\(post)Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: identity\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding:\r\n\r\n", .unsupportedTransferEncoding),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .unsupportedTransferEncoding),
    ("\(post)Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", .malformedField),
    ("\(post)Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", .malformedField),
    ("\(post) Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .foldedField),
    ("\(post)X: y\r\n Transfer-Encoding: chunked\r\n\r\n", .foldedField),
    ("\(post)X: y\nTransfer-Encoding: chunked\r\n\r\n", .bareLineEnd),
    ("\(post)X: y\rTransfer-Encoding: chunked\r\n\r\n", .bareLineEnd),
    ("\(post)X: y\r\r\n\r\n", .bareLineEnd),
    ("\(post)Content-Length: 3\r\n\n", .bareLineEnd),
    ("\(post)Transfer-Encoding:\u{0B}chunked\r\n\r\n", .controlCharacter(0x0B)),
]

private let malformedCases: [(String, HTTPViolation)] = [
    ("GET / HTTP/1.1\nHost: h\n\n", .bareLineEnd),
    ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    (" GET / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET /\r\n\r\n", .malformedRequestLine),
    ("GET\r\n\r\n", .malformedRequestLine),
    ("GET HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("G@T / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET / http/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET / HTTP/1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET / HTTP/1.10\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET / HTTP/1,1\r\nHost: h\r\n\r\n", .malformedRequestLine),
    ("GET / HTTP/0.9\r\n\r\n", .unsupportedVersion),
    ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", .unsupportedVersion),
    ("GET / HTTP/3.0\r\nHost: h\r\n\r\n", .unsupportedVersion),
    ("GET a HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET /é HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", .unsupportedTarget),
    ("OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n", .unsupportedTarget),
    ("GET / HTTP/1.1\r\n\r\n", .missingHost),
    ("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", .duplicateHost),
    ("GET / HTTP/1.1\r\nHost: h\r\nhOST: other\r\n\r\n", .duplicateHost),
    ("GET / HTTP/1.0\r\nHost: h\r\nHost: other\r\n\r\n", .duplicateHost),
    ("GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", .malformedField),
    ("GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", .malformedField),
    ("GET / HTTP/1.1\r\nHost: h\r\nna me: v\r\n\r\n", .malformedField),
    ("GET / HTTP/1.1\r\nHost: h\r\nn(a): v\r\n\r\n", .malformedField),
    ("GET / HTTP/1.1\r\nHost: h\r\nné: v\r\n\r\n", .malformedField),
    ("GET / HTTP/1.1\r\n Host: h\r\n\r\n", .foldedField),
    ("GET / HTTP/1.1\r\nHost: h\r\n\tmore\r\n\r\n", .foldedField),
]

private let foreignCases: [(String, HTTPViolation)] = [
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
    ("SSH-2.0-OpenSSH_9.2\r\n", .malformedRequestLine),
    ("\u{16}\u{03}\u{01}\u{02}\u{00}", .controlCharacter(0x16)),
    ("EHLO example.com\r\n", .malformedRequestLine),
    ("*1\r\n$4\r\nPING\r\n", .malformedRequestLine),
]
