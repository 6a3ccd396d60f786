import Testing
import Wording

@Suite("Secret")
struct SecretTests {
    private struct Holder {
        let key = Secret("hunter2")
    }

    @Test("No way of printing shows it")
    func hidden() {
        var dumped = ""
        dump(Holder(), to: &dumped)
        let secret = Secret("hunter2")
        let shown = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(Holder())", "\([secret])",
            "\(Optional(secret) as Any)", String(reflecting: ["k": secret]), dumped,
        ]
        for text in shown {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("•••"))
        }
        #expect(secret.revealed() == "hunter2")
    }
}

@Suite("Phone number")
struct PhoneNumberTests {
    @Test(
        "Is masked inside a text as well",
        arguments: [
            ("", ""), ("no number", "no number"), ("+15550000123", "+15•••0123"),
            ("To '+15550000123' and +4930123456!", "To '+15•••0123' and +4•••3456!"),
            ("1+1=2, +1234", "1+1=2, +1234"), ("++15550000123+", "++15•••0123+"), ("+12345", "•••"),
            ("+é12345678", "+é12345678"),
        ])
    func masking(text: String, shown: String) {
        #expect(PhoneNumber.masking(in: text) == shown)
    }

    @Test(
        "Is shown with at least five digits hidden",
        arguments: [
            ("+15550000123", "+15•••0123"),
            ("+4930123456", "+4•••3456"),
            ("+441632960961", "+44•••0961"),
            ("+123456789012345", "+12•••2345"),
            ("5550123", "•••23"),
            ("+5550123", "•••23"),
            ("911", "•••"),
            ("", "•••"),
            ("client:alice", "client:•••"),
            ("sip:bob@example.com", "sip:•••"),
            ("whatsapp:+15550000123", "whatsapp:+15•••0123"),
            ("evil:stuff", "•••"),
            ("+1555\n0000123", "•••"),
            ("+१५५५०००१२३४", "•••"),
        ])
    func masked(text: String, shown: String) {
        let number = PhoneNumber(text)
        #expect(number.masked == shown)
        #expect("\(number)" == shown)
        #expect(String(reflecting: number) == shown)
        #expect(number.unmasked == text)
    }
}

@Suite("Peer text")
struct PeerTextTests {
    @Test(
        "Makes visible what could act on a terminal",
        arguments: [
            ("plain text, 1 + 1 = \"2\"", "plain text, 1 + 1 = \"2\""),
            ("a\nb\r\tc", #"a\nb\r\tc"#),
            ("\u{1B}[31mred", #"\u{1b}[31mred"#),
            ("nul\0", #"nul\u{0}"#),
            ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
            ("\u{202E}evil", #"\u{202e}evil"#),
            ("\u{9B}31m\u{7F}", #"\u{9b}31m\u{7f}"#),
            (#"back\slash"#, #"back\\slash"#),
            ("grüße 🎧", "grüße 🎧"),
        ])
    func escaped(text: String, shown: String) {
        #expect(PeerText(text).description == shown)
        #expect(PeerText(Array(text.utf8).span).description == shown)
    }

    @Test("Is cut at 256 bytes between characters", arguments: ["a", "ü", "€", "🎧", "\n", "\u{1B}", "\u{E0001}"])
    func cut(unit: String) {
        let piece = PeerText(unit).description
        for count in 1...300 {
            let text = String(repeating: unit, count: count)
            let shown = PeerText(text).description
            #expect(PeerText(Array(text.utf8).span).description == shown)
            #expect(shown.utf8.count <= 256)
            if piece.utf8.count * count <= 256 {
                #expect(shown == String(repeating: piece, count: count))
            } else {
                #expect(shown == String(repeating: piece, count: 253 / piece.utf8.count) + "…")
            }
        }
    }

    @Test("Put on a line once more, it stays as it is")
    func singleLine() {
        let escaped = PeerText("a\n\u{1B}\\").description
        #expect(VisibleText.singleLine("say: \(escaped)\n\u{7F}") == "say: \(escaped)" + #"\n\u{7f}"#)
    }

    @Test("Bytes that are no UTF-8 are repaired")
    func repaired() {
        #expect(PeerText([0x61, 0xFF, 0x62, 0xC3].span).description == "a\u{FFFD}b\u{FFFD}")
        let long = [UInt8](repeating: 0xFF, count: 100_000)
        #expect(PeerText(long.span).description == String(repeating: "\u{FFFD}", count: 84) + "…")
    }
}
