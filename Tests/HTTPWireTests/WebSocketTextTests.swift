import HTTPWire
import Testing

@Suite("WebSocket text")
struct WebSocketTextTests {
    @Test("Text that is UTF-8 arrives as sent", arguments: Self.goodCases, bothRoles)
    func good(text: [UInt8], role: WebSocketRole) {
        let half = text.count / 2
        WebSocketCase("6.2 whole", { $0.text(text) }, .text(text)).check(role: role)
        WebSocketCase(
            "6.2 in fragments that cut characters",
            { $0.text(Array(text[..<half]), final: false) + $0.ping() + $0.more(Array(text[half...])) },
            .ping(""), .text(text)
        ).check(role: role)
        WebSocketCase(
            "6.2 in fragments of one byte",
            { peer in
                peer.text([], final: false) + text.flatMap { peer.more([$0], final: false) } + peer.more([])
            }, .text(text)
        ).check(role: role)
    }

    @Test("Text that is not UTF-8 is refused", arguments: Self.badCases, bothRoles)
    func bad(text: [UInt8], role: WebSocketRole) {
        let half = text.count / 2
        WebSocketCase("6.3 whole", { $0.text(text) + $0.ping() }, .violation(.invalidText)).check(role: role)
        WebSocketCase(
            "6.3 in fragments",
            { $0.text(Array(text[..<half]), final: false) + $0.more(Array(text[half...])) + $0.ping() },
            .violation(.invalidText)
        ).check(role: role)
        WebSocketCase("binary may hold it", { $0.binary(text) }, .binary(text)).check(role: role)
    }

    @Test("A wrong byte is refused as soon as it came, not at the end of its frame or message", arguments: bothRoles)
    func failsFast(role: WebSocketRole) {
        let good = Array("κόσμε".utf8)
        let bad: [UInt8] = [0xF4, 0x90, 0x80, 0x80]
        let peer = WebSocketPeer(role: role)

        let fragment = peer.text(good, final: false)
        #expect(events(fragment + peer.more(bad, final: false), role: role) == [.violation(.invalidText)], "6.4.1")
        #expect(
            events(fragment + peer.more(Array(bad[..<2]), final: false), role: role) == [.violation(.invalidText)],
            "6.4.2: 0x90 after 0xF4 is past the last character already")

        let frame = peer.text(good + bad + good)
        let header = frame.count - good.count - bad.count - good.count
        let untilBad = header + good.count + 1
        #expect(events(Array(frame[..<untilBad]), role: role) == [], "6.4.3: so far all may still be well")
        #expect(events(Array(frame[...untilBad]), role: role) == [.violation(.invalidText)], "6.4.4")
        #expect(events(Array(frame[...untilBad]), role: role, cuts: [header]) == [.violation(.invalidText)])
    }

    @Test(
        "A message may not end inside a character",
        arguments: [[0xCE], [0xE2, 0x82], [0xF0, 0x9F, 0x98]] as [[UInt8]])
    func unfinishedCharacter(start: [UInt8]) {
        for role in bothRoles {
            WebSocketCase("6.14", { $0.text("a".utf8 + start) }, .violation(.invalidText)).check(role: role)
            WebSocketCase(
                "6.14 then an empty last fragment", { $0.text(start, final: false) + $0.more("") },
                .violation(.invalidText)
            ).check(role: role)
        }
    }

    @Test("One message's state does not leak into the next", arguments: bothRoles)
    func stateIsFresh(role: WebSocketRole) {
        WebSocketCase(
            "text after binary that ends like a cut character",
            { $0.binary([0xE2], final: false) + $0.more([0x82]) + $0.text("a", final: false) + $0.more("b") },
            .binary([0xE2, 0x82]), .text("ab")
        ).check(role: role)
        WebSocketCase(
            "6.1 empty fragments",
            {
                $0.text("", final: false) + $0.more("", final: false) + $0.more("") + $0.text("middle", final: false)
                    + $0.more("")
            }, .text(""), .text("middle")
        ).check(role: role)
    }

    private static let goodCases: [[UInt8]] = [
        Array("Hello-µ@ßöäüàá-UTF-8!!".utf8),
        Array("κόσμε".utf8),
        Array("ASCII that is longer than eight bytes, then 日本語, then ASCII again".utf8),
        [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xEF, 0xBF, 0xBF], [0xED, 0x9F, 0xBF],
        [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        [0xEF, 0xBF, 0xBE], [0xF0, 0x9F, 0xBF, 0xBE],
    ]

    private static let badCases: [[UInt8]] = [
        [0x80], [0xBF], [0x80, 0xBF], [0xC0], [0xFE], [0xFF], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF],
        [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
        [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC2, 0x41],
        [0xE1, 0x80, 0x41], [0xF1, 0x80, 0x80, 0x41],
        Array("0123456789abcdef".utf8) + [0xCE, 0x41], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0xED, 0xA0, 0x80, 0x65],
    ]
}
