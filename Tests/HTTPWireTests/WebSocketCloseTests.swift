import HTTPWire
import Testing

@Suite("WebSocket close")
struct WebSocketCloseTests {
    @Test("A close frame is kept exactly as sent, and nothing after it counts", arguments: Self.goodCases, bothRoles)
    func good(rule: WebSocketCase, role: WebSocketRole) { rule.check(role: role) }

    @Test("A broken close frame is refused", arguments: Self.badCases, bothRoles)
    func bad(rule: WebSocketCase, role: WebSocketRole) { rule.check(role: role) }

    @Test("Every code is taken or refused as the registry says", arguments: bothRoles)
    func codes(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        for code in UInt16.min...UInt16.max {
            let isRegistered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(code)
            let expected: Seen =
                isRegistered || (3000...4999).contains(code)
                ? .close(code, "") : .violation(.invalidCloseCode(code))
            if events(peer.close(code), role: role) != [expected] { Issue.record("code \(code)") }
        }
    }

    @Test("Each violation names the close code to answer with")
    func violationCodes() {
        #expect(WebSocketViolation.invalidText.closeCode == 1007)
        #expect(WebSocketViolation.invalidCloseReason.closeCode == 1007)
        #expect(WebSocketViolation.messageTooBig(limit: 9).closeCode == 1009)
        for violation: WebSocketViolation in [
            .reservedBits, .reservedOpcode(3), .unmaskedFrame, .maskedFrame, .fragmentedControlFrame, .longControlFrame,
            .unexpectedContinuation, .unfinishedMessage, .wastefulLength, .impossibleLength, .invalidClosePayload,
            .invalidCloseCode(1005),
        ] {
            #expect(violation.closeCode == 1002)
            #expect(violation.message.utf8.count <= 123, "it is sent as a close reason")
            #expect(violation.code.hasPrefix("websocket."))
        }
    }

    private static let longest = String(repeating: "r", count: 123)

    private static let goodCases: [WebSocketCase] = [
        WebSocketCase("7.1.1 message, close", { $0.text("a") + $0.close(1000) }, .text("a"), .close(1000, "")),
        WebSocketCase("7.1.2 two closes", { $0.close(1000) + $0.close(1001) }, .close(1000, "")),
        WebSocketCase("7.1.3 ping after close", { $0.close(1000) + $0.ping("late") }, .close(1000, "")),
        WebSocketCase("7.1.4 text after close", { $0.close(1000) + $0.text("late") }, .close(1000, "")),
        WebSocketCase("7.1.4 rubbish after close", { $0.close(1000) + [0xFF, 0xFF, 0xFF] }, .close(1000, "")),
        WebSocketCase(
            "7.1.5 close inside a message", { $0.text("a", final: false) + $0.close(1000) + $0.more("b") },
            .close(1000, "")),
        WebSocketCase("7.3.1 empty", { $0.close() }, .close(nil, "")),
        WebSocketCase("7.3.3 code alone", { $0.close(1001) }, .close(1001, "")),
        WebSocketCase("7.3.4 reason", { $0.close(4321, "Hello 日本!") }, .close(4321, "Hello 日本!")),
        WebSocketCase("7.3.5 longest reason", { $0.close(1000, longest) }, .close(1000, longest)),
    ]

    private static let badCases: [WebSocketCase] = [
        WebSocketCase("7.3.2 half a code", { $0.close([0x03]) }, .violation(.invalidClosePayload)),
        WebSocketCase("7.3.6 reason too long", { $0.close(1000, longest + "r") }, .violation(.longControlFrame)),
        WebSocketCase(
            "7.5.1 reason not UTF-8", { $0.close([0x03, 0xE8, 0xCE, 0xBA, 0xED, 0xA0, 0x80]) },
            .violation(.invalidCloseReason)),
        WebSocketCase(
            "7.5.1 reason ends inside a character", { $0.close([0x03, 0xE8, 0xE2, 0x82]) },
            .violation(.invalidCloseReason)),
        WebSocketCase(
            "fragmented", { $0.frame(0x8, [0x03, 0xE8], final: false) }, .violation(.fragmentedControlFrame)),
    ]
}
