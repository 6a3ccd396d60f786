import Configuration
import Foundation
import Testing
import Wording

@Suite("JSON5")
struct JSON5ParserTests {
    private func parse(_ text: String) throws -> JSON5Node.Value {
        try JSON5Parser.parse(Array(text.utf8)).value
    }

    private func plain(_ text: String) throws -> String {
        var json = JSONWriter()
        try JSON5Parser.parse(Array(text.utf8)).write(to: &json)
        return json.text
    }

    @Test(
        "Reads what JSON5 adds to JSON",
        arguments: [
            ("{}", "{}"),
            (" [ ] ", "[]"),
            ("{a: 1, 'b': 2, \"c\": 3,}", #"{"a":1,"b":2,"c":3}"#),
            ("[1,2,]", "[1,2]"),
            ("// one\n{ /* two\n */ a /**/ : // three\r\n 1 } // four", #"{"a":1}"#),
            ("{ $_ünï\u{200C}c0de: true, \\u0061b: null }", "{\"$_ünï\\u200cc0de\":true,\"ab\":null}"),
            ("'it\\'s \"so\"'", #""it's \"so\"""#),
            ("'a\\\nb\\\r\nc\\\u{2028}d'", #""abcd""#),
            (#"'\b\f\n\r\t\v\0\x41\u0042\q\\'"#, #""\u0008\u000c\n\r\t\u000b\u0000ABq\\""#),
            (#"'\ud83c\udfa7'"#, "\"🎧\""),
            ("'\u{2028}'", #""\u2028""#),
            ("\u{FEFF}\u{A0}\u{2003}1\u{FEFF}", "1"),
            ("[0xFF, -0x10, 0XdecafBAD]", "[255,-16,3737844653]"),
            ("[+1, -2, .5, 5., 1e3, 1.5E-1, -.25]", "[1,-2,0.5,5,1000,0.15,-0.25]"),
            ("[9223372036854775807, 9223372036854775808]", "[9223372036854775807,9.223372036854776e+18]"),
            ("0x10000000000000000", "1.8446744073709552e+19"),
            ("{while: 1, true: 2, null: 3, Infinity: 4}", #"{"while":1,"true":2,"null":3,"Infinity":4}"#),
        ])
    func reads(text: String, expected: String) throws {
        #expect(try plain(text) == expected)
    }

    @Test("Reads the numbers that JSON does not know")
    func specialNumbers() throws {
        #expect(try parse("Infinity") == .number(.infinity))
        #expect(try parse("-Infinity") == .number(-.infinity))
        #expect(try parse("+Infinity") == .number(.infinity))
        for text in ["NaN", "+NaN", "-NaN"] {
            guard case .number(let number) = try parse(text) else {
                Issue.record("no number")
                continue
            }
            #expect(number.isNaN)
        }
        guard case .number(let zero) = try parse("-0") else {
            Issue.record("no number")
            return
        }
        #expect(zero.sign == .minus)
    }

    @Test(
        "Refuses everything else, and says what and where",
        arguments: [
            ("", "1:1: expected a value, found the end of the file"),
            ("{", "1:2: expected a key or '}', found the end of the file"),
            ("[1", "1:3: expected ',' or ']' in the list, found the end of the file"),
            ("{\n  a: 1\n  b: 2 }", "3:3: expected ',' or '}' after the value of 'a', found 'b'"),
            ("{a 1}", "1:4: expected ':' after the key 'a', found '1'"),
            ("{,}", "1:2: expected a key or '}', found ','"),
            ("[,]", "1:2: expected a value, found ','"),
            ("[1,,2]", "1:4: expected a value, found ','"),
            ("1 2", "1:3: expected the end of the file, found '2'"),
            ("{a: yes}", "1:5: this is no value; text stands in quotes"),
            ("{\r\n\r\n a: 'x\n'}", "3:5: this text has no closing quote on its line"),
            ("'abc", "1:1: this text has no closing quote"),
            ("{a: 1, a: 2}", "1:8: 'a' is given twice"),
            ("{a: 1, '\\u0061': 2}", "1:8: 'a' is given twice"),
            ("/* x", "1:1: this comment has no end"),
            ("/x", "1:1: a comment begins with '//' or '/*'"),
            ("010", "1:1: a number does not begin with 0 and another digit"),
            ("0x", "1:1: '0x' needs digits after it"),
            ("1e", "1:1: this exponent has no digits"),
            (".", "1:1: expected a number"),
            ("+", "1:1: expected a number"),
            ("1.2.3", "1:1: this number goes on with '.'"),
            ("12px", "1:1: this number goes on with 'p'"),
            ("-Infinit", "1:1: this is no number"),
            (#"'\1'"#, "1:3: '\\1' is no escape"),
            (#"'\01'"#, "1:3: '\\0' must not be followed by a digit"),
            (#"'\x4'"#, "1:3: expected 2 hexadecimal digits"),
            (#"'\ud800'"#, "1:3: half of a surrogate pair is no character"),
            (#"'\ud800\u0041'"#, "1:3: half of a surrogate pair is no character"),
            (#"'\udc00'"#, "1:3: half of a surrogate pair is no character"),
            ("{a-b: 1}", "1:3: expected ':' after the key 'a', found '-'"),
            ("{1a: 1}", "1:2: a bare key cannot hold this here; put the key in quotes"),
            (#"{\u0031: 1}"#, "1:2: a bare key cannot hold this here; put the key in quotes"),
            (#"{\x41: 1}"#, "1:3: a bare key knows the escape \\u alone"),
            ("{a: \u{1B}}", #"1:5: expected a value, found '\u{1B}'"#),
        ])
    func refuses(text: String, problem: String) {
        let error = #expect(throws: JSON5Error.self) { try parse(text) }
        #expect(error.map { "\($0.position): \($0.message)" } == problem)
    }

    @Test("Refuses bytes that are no UTF-8, and says where")
    func notUTF8() {
        let error = #expect(throws: JSON5Error.self) {
            try JSON5Parser.parse(Array("{\n  a: 'ü".utf8) + [0xFF] + Array("'}".utf8))
        }
        #expect(error?.code == .notUTF8)
        #expect(error?.position == SourcePosition(line: 2, column: 8))
    }

    @Test("Nests 32 deep and no deeper", arguments: [(31, true), (32, true), (33, false), (100_000, false)])
    func depth(levels: Int, accepted: Bool) {
        for (open, close) in [("[", "]"), ("{a:", "}")] {
            let text = String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
            #expect(((try? parse(text)) != nil) == accepted)
        }
    }

    @Test("A text beyond the size limit is not looked at")
    func size() {
        let error = #expect(throws: JSON5Error.self) { try JSON5Parser.parse(Array("12345".utf8), sizeLimit: 4) }
        #expect(error?.code == .tooLarge)
        #expect(throws: Never.self) { try JSON5Parser.parse(Array("1234".utf8), sizeLimit: 4) }
    }

    @Test("Knows where each key and value stands, whatever ends the lines")
    func positions() throws {
        let text = "{ // comment\r\n  a: 1,\r  bb:\n    [true, 'ü', 3] }"
        guard case .object(let members) = try parse(text), case .array(let elements) = members[1].node.value else {
            Issue.record("unexpected shape")
            return
        }
        #expect(members.map(\.namePosition.description) == ["2:3", "3:3"])
        #expect(members.map(\.node.position.description) == ["2:6", "4:5"])
        #expect(elements.map(\.position.description) == ["4:6", "4:12", "4:17"])
    }

    @Test("No damaged text traps, and what is accepted survives as JSON", arguments: 1...30)
    func damaged(seed: UInt64) throws {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "a", "'", "\"", "\\", "u", "00e9", "0x", "1", "-", "+", ".", "e", "//", "/*",
            "*/",
            "\n", "\r", " ", "null", "true", "Infinity", "NaN", "ü", "\u{2028}", "🎧",
        ]
        var state = seed
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            guard (try? parse(text)) != nil else { continue }
            let json = try plain(text)
            #expect(
                (try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)) != nil, "\(text)"
            )
        }
    }
}
