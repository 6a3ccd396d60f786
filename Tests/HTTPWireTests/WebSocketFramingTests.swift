import HTTPWire
import Testing

@Suite("WebSocket frames")
struct WebSocketFramingTests {
    @Test("Messages of all lengths arrive whole", arguments: Self.lengthsCases, bothRoles)
    func messages(rule: WebSocketCase, role: WebSocketRole) { rule.check(role: role) }

    @Test("Pings and pongs arrive, with at most 125 bytes", arguments: Self.pingsCases, bothRoles)
    func pings(rule: WebSocketCase, role: WebSocketRole) { rule.check(role: role) }

    @Test("Reserved bits are refused, whatever the frame", arguments: 1...7, bothRoles)
    func reservedBits(bits: Int, role: WebSocketRole) {
        for opcode: UInt8 in [0x0, 0x1, 0x2, 0x8, 0x9, 0xA] {
            WebSocketCase(
                "3.\(bits)", { $0.text("a") + $0.frame(opcode, [1], reserved: UInt8(bits)) + $0.ping() },
                .text("a"), .violation(.reservedBits)
            ).check(role: role)
        }
    }

    @Test("Reserved opcodes are refused", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15], bothRoles)
    func reservedOpcodes(opcode: UInt8, role: WebSocketRole) {
        for payload in [[], repeated("x", 5)] {
            WebSocketCase(
                "4.x opcode \(opcode)", { $0.text("a") + $0.frame(opcode, payload) + $0.ping() },
                .text("a"), .violation(.reservedOpcode(opcode))
            ).check(role: role)
        }
    }

    @Test("Fragments make one message, and control frames may come between", arguments: Self.fragmentsCases, bothRoles)
    func fragments(rule: WebSocketCase, role: WebSocketRole) { rule.check(role: role) }

    @Test("A length is written in its shortest form", arguments: Self.lengthFormsCases, bothRoles)
    func lengthForms(rule: WebSocketCase, role: WebSocketRole) { rule.check(role: role) }

    @Test("A server takes only masked frames, a client only plain ones", arguments: [0x0, 0x1, 0x2, 0x8, 0x9, 0xA])
    func masks(opcode: UInt8) {
        let start: (WebSocketPeer) -> [UInt8] = { opcode == 0 ? $0.text("a", final: false) : [] }
        let toServer = WebSocketPeer(role: .server)
        let toClient = WebSocketPeer(role: .client)
        #expect(
            events(start(toServer) + toServer.frame(opcode, masked: false), role: .server)
                == [.violation(.unmaskedFrame)])
        #expect(
            events(start(toClient) + toClient.frame(opcode, masked: true), role: .client) == [.violation(.maskedFrame)])
    }

    @Test("A rule is enforced at the first byte that breaks it", arguments: bothRoles)
    func failsEarly(role: WebSocketRole) {
        let mask: UInt8 = role == .server ? 0x80 : 0
        #expect(events([0xC1], role: role) == [.violation(.reservedBits)])
        #expect(events([0x83], role: role) == [.violation(.reservedOpcode(3))])
        #expect(events([0x09], role: role) == [.violation(.fragmentedControlFrame)])
        #expect(events([0x80], role: role) == [.violation(.unexpectedContinuation)])
        #expect(events([0x89, mask | 126], role: role) == [.violation(.longControlFrame)])
        #expect(events([0x81, mask ^ 0x80], role: role).count == 1)
    }

    private static let lengthsCases: [WebSocketCase] =
        [0, 1, 7, 8, 9, 124, 125, 126, 127, 128, 300, 65_535, 65_536].flatMap { count in
            [
                WebSocketCase("1.1 text of \(count)", { $0.text(repeated("*", count)) }, .text(repeated("*", count))),
                WebSocketCase(
                    "1.2 binary of \(count)", { $0.binary(repeated("\u{7F}", count)) },
                    .binary(repeated("\u{7F}", count))),
            ]
        }

    private static let pingsCases: [WebSocketCase] = [
        WebSocketCase("2.1 empty ping", { $0.ping() }, .ping("")),
        WebSocketCase("2.2 ping", { $0.ping("Hello, world!") }, .ping("Hello, world!")),
        WebSocketCase("2.3 binary ping", { $0.frame(0x9, [0, 0xFF, 0xFE, 0xFD]) }, .ping([0, 0xFF, 0xFE, 0xFD])),
        WebSocketCase("2.4 longest ping", { $0.frame(0x9, repeated("p", 125)) }, .ping(repeated("p", 125))),
        WebSocketCase("2.5 too long", { $0.frame(0x9, repeated("p", 126)) }, .violation(.longControlFrame)),
        WebSocketCase(
            "2.5 long form", { $0.frame(0xA, repeated("p", 9), length: .eightBytes) }, .violation(.longControlFrame)),
        WebSocketCase("2.7 unasked pong", { $0.pong() }, .pong("")),
        WebSocketCase("2.8 unasked pong with payload", { $0.pong("unsolicited") }, .pong("unsolicited")),
        WebSocketCase("2.9 pong, ping", { $0.pong("a") + $0.ping("b") }, .pong("a"), .ping("b")),
        WebSocketCase(
            "2.10 ten pings", { peer in (0..<10).flatMap { peer.ping("payload-\($0)") } },
            .ping("payload-0"), .ping("payload-1"), .ping("payload-2"), .ping("payload-3"), .ping("payload-4"),
            .ping("payload-5"), .ping("payload-6"), .ping("payload-7"), .ping("payload-8"), .ping("payload-9")),
    ]

    private static let fragmentsCases: [WebSocketCase] = [
        WebSocketCase(
            "5.1 fragmented ping", { $0.frame(0x9, [1], final: false) + $0.more("b") },
            .violation(.fragmentedControlFrame)),
        WebSocketCase(
            "5.2 fragmented pong", { $0.frame(0xA, [1], final: false) + $0.more("b") },
            .violation(.fragmentedControlFrame)),
        WebSocketCase("5.3 two fragments", { $0.text("frag", final: false) + $0.more("ment") }, .text("fragment")),
        WebSocketCase(
            "5.3 binary", { $0.binary([1, 0xFF], final: false) + $0.more([0xC0]) }, .binary([1, 0xFF, 0xC0])),
        WebSocketCase(
            "5.6 ping between", { $0.text("frag", final: false) + $0.ping("p") + $0.more("ment") },
            .ping("p"), .text("fragment")),
        WebSocketCase(
            "5.9 continuation of nothing", { $0.more("a") + $0.text("b") }, .violation(.unexpectedContinuation)),
        WebSocketCase(
            "5.12 open continuation of nothing", { $0.more("a", final: false) + $0.text("b") },
            .violation(.unexpectedContinuation)),
        WebSocketCase(
            "5.15 continuation after the end",
            { $0.text("a", final: false) + $0.more("b") + $0.more("c", final: false) + $0.text("d") },
            .text("ab"), .violation(.unexpectedContinuation)),
        WebSocketCase(
            "5.18 message inside a message", { $0.text("a", final: false) + $0.text("b") },
            .violation(.unfinishedMessage)),
        WebSocketCase(
            "5.18 binary inside text", { $0.text("a", final: false) + $0.binary([1], final: false) },
            .violation(.unfinishedMessage)),
        WebSocketCase(
            "5.19 five fragments, two pings",
            {
                $0.text("1", final: false) + $0.more("2", final: false) + $0.ping("p1") + $0.more("3", final: false)
                    + $0.more("4", final: false) + $0.ping("p2") + $0.more("5")
            }, .ping("p1"), .ping("p2"), .text("12345")),
        WebSocketCase(
            "5.x pong and close between", { $0.text("a", final: false) + $0.pong("q") + $0.close(1000) + $0.more("b") },
            .pong("q"), .close(1000, "")),
        WebSocketCase(
            "5.x messages after fragments",
            { $0.text("a", final: false) + $0.more("b") + $0.text("c") + $0.binary([1], final: false) + $0.more([2]) },
            .text("ab"), .text("c"), .binary([1, 2])),
    ]

    private static let lengthFormsCases: [WebSocketCase] = [
        WebSocketCase(
            "125 in two bytes", { $0.frame(0x1, repeated("a", 125), length: .twoBytes) }, .violation(.wastefulLength)),
        WebSocketCase("0 in two bytes", { $0.frame(0x2, [], length: .twoBytes) }, .violation(.wastefulLength)),
        WebSocketCase(
            "126 in eight bytes", { $0.frame(0x1, repeated("a", 126), length: .eightBytes) },
            .violation(.wastefulLength)),
        WebSocketCase(
            "65,535 in eight bytes", { $0.frame(0x2, [], length: .claimed(0xFFFF)) }, .violation(.wastefulLength)),
        WebSocketCase(
            "top bit", { $0.frame(0x2, [], length: .claimed(1 << 63)) }, .violation(.impossibleLength)),
        WebSocketCase(
            "all bits", { $0.frame(0x2, [], length: .claimed(.max)) }, .violation(.impossibleLength)),
        WebSocketCase(
            "as much as an Int holds", { $0.frame(0x2, [], length: .claimed(.max >> 1)) },
            .violation(.messageTooBig(limit: 1 << 20))),
    ]
}
