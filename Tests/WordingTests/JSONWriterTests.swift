import Testing
import Wording

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("Nests objects and arrays with their commas")
    func nesting() {
        var json = JSONWriter()
        json.object {
            $0.key("a")
            $0.integer(-1)
            $0.key("b")
            $0.array {
                $0.bool(true)
                $0.null()
                $0.object { _ in }
                $0.array { _ in }
                $0.string("x")
            }
            $0.key("c")
            $0.number(0.5)
        }
        #expect(json.text == #"{"a":-1,"b":[true,null,{},[],"x"],"c":0.5}"#)
        json.removeAll()
        json.integer(7)
        #expect(json.text == "7")
    }

    @Test(
        "Strings stay valid JSON on one line",
        arguments: [
            ("\"\\/", #""\"\\/""#),
            ("a\nb\r\t", #""a\nb\r\t""#),
            ("\0\u{1B}\u{7F}", #""\u0000\u001b\u007f""#),
            ("\u{2028}\u{2029}\u{85}", #""\u2028\u2029\u0085""#),
            ("\u{E0001}", #""\udb40\udc01""#),
            ("grüße 🎧", "\"grüße 🎧\""),
        ])
    func strings(value: String, written: String) {
        var json = JSONWriter()
        json.string(value)
        #expect(json.text == written)
    }

    @Test(
        "Numbers that JSON cannot say become strings",
        arguments: [
            (0, "0"), (-2, "-2"), (0.1, "0.1"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"),
            (.nan, #""nan""#),
            (-.infinity, #""-inf""#), (9_007_199_254_740_992, "9007199254740992.0"),
            (-9_223_372_036_854_775_808, "-9.223372036854776e+18"),
        ] as [(Double, String)])
    func numbers(value: Double, written: String) {
        var json = JSONWriter()
        json.number(value)
        #expect(json.text == written)
    }
}

@Suite("Near miss")
struct NearMissTests {
    private let known = ["listen", "log.level", "limits.calls", "timeouts.start_s"]

    @Test(
        "Guesses what is close and nothing else",
        arguments: [
            ("lisen", "listen"), ("listne", "listen"), ("LISTEN", "listen"), ("limit.calls", "limits.calls"),
            ("timeouts.start", "timeouts.start_s"), ("zebra", nil), ("", nil),
        ] as [(String, String?)])
    func suggestion(word: String, expected: String?) {
        #expect(NearMiss.suggestion(for: word, among: known) == expected)
        #expect(NearMiss.hint(for: word, among: known) == (expected.map { "; did you mean '\($0)'?" } ?? ""))
    }
}

@Suite("Wrapping")
struct WrappingTests {
    @Test(
        "Breaks at spaces, never inside a word",
        arguments: [
            ("", [""]), ("one", ["one"]), ("one two", ["one", "two"]), ("a b c d e f", ["a b c", "d e f"]),
            ("longword a", ["longword", "a"]), ("a longword", ["a", "longword"]),
        ])
    func wraps(text: String, lines: [String]) {
        #expect(text.wrapped(to: 5) == lines)
    }
}

@Suite("Terminal style")
struct TerminalStyleTests {
    @Test(
        "Colours only on a terminal, without NO_COLOR, that is not dumb",
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm"], true),
        ] as [(Bool, [String: String], Bool)])
    func colours(isTerminal: Bool, environment: [String: String], coloured: Bool) {
        let style = TerminalStyle(isTerminal: isTerminal) { environment[$0] }
        #expect(style.paint("x", .red) == (coloured ? "\u{1B}[31mx\u{1B}[0m" : "x"))
    }
}
