import HTTPWire
import TestSupport
import Testing

@Suite("WebSocket handshake")
struct WebSocketHandshakeTests {
    private static let fields =
        "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + "Sec-WebSocket-Version: 13\r\n"

    @Test("The example of RFC 6455 is accepted with its accept key")
    func example() throws {
        let acceptance = try #require(
            self.acceptance("GET /chat HTTP/1.1\r\n\(Self.fields)Sec-WebSocket-Protocol: chat, superchat\r\n\r\n"))
        #expect(acceptance.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(acceptance.subprotocols == ["chat", "superchat"])
        var bytes: [UInt8] = []
        try acceptance.response(subprotocol: "chat", headers: ["X": "y"]).write(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\nX: y\r\n\r\n")
    }

    @Test(
        "Spellings that mean the same are accepted",
        arguments: [
            ("Upgrade: websocket", "Upgrade: WebSocket"), ("Connection: Upgrade", "Connection: keep-alive, upgrade"),
            ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: UPGRADE"),
            ("Upgrade: websocket", "Upgrade: other, websocket"), ("Host: h", "Host: h\r\nSec-WebSocket-Extensions: x"),
            ("Host: h", "Host: h\r\nContent-Length: 0"),
        ])
    func spellings(from: String, to: String) {
        #expect(acceptance("GET / HTTP/1.1\r\n\(Self.fields)\r\n".replacing(from, with: to)) != nil)
    }

    @Test(
        "Any other upgrade is refused",
        arguments: [
            ("Upgrade: websocket", "Upgrade: h2c", 400),
            ("Upgrade: websocket", "Upgrade: h2c\r\nHTTP2-Settings: AA", 400),
            ("Upgrade: websocket", "Upgrade: websockets", 400), ("Upgrade: websocket", "Upgrade:", 400),
            ("Upgrade: websocket", "Upgrade: TLS/1.0", 400), ("Connection: Upgrade\r\n", "", 400),
            ("Connection: Upgrade", "Connection: keep-alive", 400), ("GET /", "POST /", 400),
            ("HTTP/1.1", "HTTP/1.0", 400), ("Host: h", "Host: h\r\nContent-Length: 5", 400),
            ("Host: h", "Host: h\r\nTransfer-Encoding: chunked", 400), ("Version: 13", "Version: 8", 426),
            ("Version: 13", "Version: 13, 8", 426), ("Version: 13", "Version: 013", 426),
            ("Sec-WebSocket-Version: 13\r\n", "", 426),
            ("Host: h", "Host: h\r\nSec-WebSocket-Version: 13", 426),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
            ("Host: h", "Host: h\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400), ("dGhl", "dGh", 400),
            ("dGhl", "dGhlAAAA", 400), ("Q==", "QQ=", 400), ("Q==", "Q=Q", 400), ("Q==", "Q==A", 400),
            ("Q==", "Q====", 400), ("dGhl", "dG l", 400),
            ("dGhl", "dG-_", 400),
            ("Host: h", "Host: h\r\nSec-WebSocket-Protocol: a, a", 400),
            ("Host: h", "Host: h\r\nSec-WebSocket-Protocol: a b", 400),
        ])
    func refused(from: String, to: String, status: Int) throws {
        let text = "GET / HTTP/1.1\r\n\(Self.fields)\r\n"
        let changed = text.replacing(from, with: to)
        #expect(changed != text)
        guard case .refuse(let refusal) = try upgrade(changed) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == status)
        #expect(!refusal.message.isEmpty)
        #expect((refusal.headers["Sec-WebSocket-Version"] == "13") == (status == 426))
    }

    @Test("A request without Upgrade is an ordinary one")
    func ordinary() throws {
        #expect(try upgrade("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\r\n") == .notAnUpgrade)
    }

    @Test("A client's request is one that a server accepts, and the answer one that the client takes")
    func bothSides() throws {
        let handshake = try handshake(subprotocols: ["b", "a"])
        var bytes: [UInt8] = []
        try handshake.request.write(to: &bytes)
        guard case .head(let request, _) = requests(bytes).first,
            case .accept(let acceptance) = WebSocketUpgrade(request)
        else {
            Issue.record("refused")
            return
        }
        #expect(request.headers["Authorization"] == "Bearer t")
        #expect(acceptance.subprotocols == ["b", "a"])
        #expect(try handshake.check(acceptance.response(subprotocol: "a")) == "a")
        #expect(try handshake.check(acceptance.response()) == nil)
    }

    @Test("A client does not take a wrong answer, and keeps it whole")
    func wrongAnswers() throws {
        let handshake = try handshake(subprotocols: ["a"])
        guard case .accept(let acceptance) = WebSocketUpgrade(handshake.request) else {
            Issue.record("refused")
            return
        }
        let right = acceptance.response()
        func expect(_ answer: ResponseHead, _ error: WebSocketHandshakeError) {
            #expect(throws: error) { try handshake.check(answer) }
            #expect(error.answer == answer)
        }
        func without(_ name: String, _ more: Headers = [:]) -> ResponseHead {
            var headers = Headers(right.headers.fields.filter { $0.name != name })
            headers.append(contentsOf: more)
            return ResponseHead(status: 101, headers: headers)
        }
        for answer in [
            without("Upgrade"), without("Upgrade", ["Upgrade": "h2c"]), without("", ["Upgrade": "h2c"]),
            without("Connection"), without("Connection", ["Connection": "close"]),
            ResponseHead(version: .http10, status: 101, headers: right.headers),
        ] {
            expect(answer, .notAWebSocket(answer))
        }
        for answer in [
            without("Sec-WebSocket-Accept"), without("Sec-WebSocket-Accept", ["Sec-WebSocket-Accept": "AAAA"]),
            without("", ["Sec-WebSocket-Accept": acceptance.accept]),
        ] {
            expect(answer, .wrongProof(answer))
        }
        let extended = without("", ["Sec-WebSocket-Extensions": "permessage-deflate"])
        expect(extended, .unwantedExtension(extended))
        for headers: Headers in [
            ["Sec-WebSocket-Protocol": "c"], ["Sec-WebSocket-Protocol": "a, a"],
            ["Sec-WebSocket-Protocol": "a", "sec-websocket-protocol": "a"],
        ] {
            expect(without("", headers), .unwantedSubprotocol(without("", headers)))
        }
        let refused = ResponseHead(status: 401, headers: ["WWW-Authenticate": "Bearer", "Content-Length": "7"])
        expect(refused, .refused(refused))
        #expect(try refused.bodyFraming(answering: "GET") == .length(7))
    }

    @Test("Key bytes become base64")
    func key() throws {
        let request = try handshake(subprotocols: []).request
        #expect(request.headers["Sec-WebSocket-Key"] == "AAECAwQFBgcICQoLDA0O/w==")
        #expect(!request.headers.contains("Sec-WebSocket-Protocol"))
    }

    private func handshake(subprotocols: [String]) throws -> WebSocketHandshake {
        try WebSocketHandshake(
            host: "example.com", target: "/v1/realtime?model=m",
            keyBytes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255], subprotocols: subprotocols,
            headers: ["Authorization": "Bearer t"])
    }

    private func upgrade(_ text: String) throws -> WebSocketUpgrade {
        var reader = RequestHeadReader()
        var position = 0
        return WebSocketUpgrade(try #require(try reader.next(in: Array(text.utf8).span, from: &position)))
    }

    private func acceptance(_ text: String) -> WebSocketUpgrade.Acceptance? {
        guard case .accept(let acceptance) = try? upgrade(text) else { return nil }
        return acceptance
    }
}
