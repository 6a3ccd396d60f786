import JSONWire
import Testing
import Wording

@Suite("JSON value")
struct JSONValueTests {
    @Test(
        "Reads what RFC 8259 allows and writes it back",
        arguments: [
            ("null", "null"), (" true ", "true"), ("false\r\n", "false"), ("0", "0"), ("-0", "-0"),
            ("1.50e+03", "1.50e+03"), ("123456789012345678901234567890", "123456789012345678901234567890"),
            (#""a\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00""#, #""a\"\\/\u0008\u000c\n\r\tAé😀""#),
            (#"[]"#, "[]"), (#"{ }"#, "{}"), (#"[ 1 , [ ] , { "a" : [ null ] } ]"#, #"[1,[],{"a":[null]}]"#),
            (#"{"b":1,"a":{"":""}}"#, #"{"b":1,"a":{"":""}}"#), (#""grüße 🎧""#, #""grüße 🎧""#),
        ])
    func accepts(text: String, written: String) throws {
        var json = JSONWriter()
        try value(text).write(to: &json)
        #expect(json.text == written)
    }

    @Test(
        "Refuses what is no JSON, at the byte where it breaks",
        arguments: [
            ("", 0), ("  ", 2), ("nul", 0), ("nulL", 0), ("True", 0), ("01", 1), ("-", 1), ("+1", 0), ("1.", 2),
            (".5", 0), ("1e", 2), ("1e+", 3), ("0x1", 1), ("NaN", 0), ("1 2", 2), ("[1,]", 3), ("[,1]", 1),
            ("[1 2]", 3),
            ("[", 1), ("]", 0), ("[1}", 2), (#"{"a":1,}"#, 7), (#"{,"a":1}"#, 1), (#"{"a"}"#, 4), (#"{"a" 1}"#, 5),
            (#"{a:1}"#, 1), (#"{1:1}"#, 1), (#"{"a":}"#, 5), (#"{"a":1"#, 6), (#""a"#, 2), ("\"a\nb\"", 2),
            (#""\x""#, 1), (#""\u12g4""#, 1), (#""\u123"#, 1), (#""\"#, 1), (#"'a'"#, 0), ("[1]//", 3),
            ("\u{FEFF}1", 0), ("\u{A0}1", 0), (#"{"a":1}}"#, 7),
        ])
    func refuses(text: String, offset: Int) {
        #expect(throws: JSONError.malformed(at: offset)) { try value(text) }
    }

    @Test(
        "Refuses bytes that are no UTF-8",
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        #expect(throws: JSONError.notUTF8) { try JSONValue(parsing: text.span) }
    }

    @Test(
        "Half of a surrogate pair becomes the replacement character",
        arguments: [
            (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ude00\ude00""#, "\u{FFFD}\u{FFFD}"),
            (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
            (#""\ud83dA""#, "\u{FFFD}A"), (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\uD83D\uDE00""#, "😀"),
            (#""\udbff\udfff\u0000""#, "\u{10FFFF}\0"),
        ])
    func surrogates(text: String, string: String) throws {
        #expect(try value(text) == .string(string))
    }

    @Test("A name that comes twice keeps its place and the last value, whatever the object's size", arguments: [0, 30])
    func duplicates(others: Int) throws {
        let filler = (0..<others).map { #""k\#($0)":0,"# }.joined()
        let object = try JSONObject(parsing: Array(#"{"a":1,\#(filler)"b":2,"\u0061":3}"#.utf8).span)
        #expect(object.members.count == others + 2)
        #expect(object.members.first?.name == "a")
        #expect(try object.integer("a") == 3)
    }

    @Test("Names are compared by code points, not by what they look like")
    func namesByCodePoint() throws {
        let object = try JSONObject(parsing: Array(#"{"\u00e9":1,"e\u0301":2}"#.utf8).span)
        #expect(try object.integer("\u{E9}") == 1)
        #expect(try object.integer("e\u{301}") == 2)
    }

    @Test("Takes 32 levels and no more, and as many bytes and values as the limits say")
    func limits() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array(
                (String(repeating: #"[{"a":"#, count: levels / 2) + "1" + String(repeating: "}]", count: levels / 2))
                    .utf8)
        }
        #expect(try JSONValue(parsing: nested(32).span).kind == .array)
        #expect(throws: JSONError.tooDeep(limit: 32)) { try JSONValue(parsing: nested(34).span) }
        #expect(throws: JSONError.tooDeep(limit: 32)) {
            try JSONValue(parsing: Array(String(repeating: "[", count: 500_000).utf8).span)
        }
        let ten = Array("[1,2,3,4,5]".utf8)
        #expect(throws: JSONError.tooLarge(limit: 10)) { try JSONValue(parsing: ten.span, limits: .init(bytes: 10)) }
        #expect(throws: JSONError.tooManyValues(limit: 5)) {
            try JSONValue(parsing: ten.span, limits: .init(values: 5))
        }
        #expect(try JSONValue(parsing: ten.span, limits: .init(bytes: 11, values: 6)).kind == .array)
    }

    private func value(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue(parsing: Array(text.utf8).span)
    }
}

@Suite("JSON number")
struct JSONNumberTests {
    @Test(
        "Says what it is exactly, or that it cannot",
        arguments: [
            ("0", 0, 0), ("-0", 0, -0.0), ("9223372036854775807", .max, 9.223372036854775807e18),
            ("-9223372036854775808", .min, -9.223372036854775808e18),
            ("9223372036854775808", nil, 9.223372036854775808e18),
            ("-9223372036854775808.0", nil, -9.223372036854775808e18), ("1.0", 1, 1), ("1e3", 1000, 1000),
            ("1.5", nil, 1.5),
            ("1e400", nil, nil), ("-1e-400", 0, -0.0), ("9007199254740993.0", nil, 9_007_199_254_740_992),
        ] as [(String, Int64?, Double?)])
    func exact(text: String, integer: Int64?, double: Double?) throws {
        guard case .number(let number) = try JSONValue(parsing: Array(text.utf8).span) else { throw JSONError.notUTF8 }
        #expect(number.integer == integer)
        #expect(number.double == double)
        #expect(number.text == text)
    }
}

@Suite("JSON object")
struct JSONObjectTests {
    private let object: JSONObject

    init() throws {
        let text = #"{"s":"x","i":7,"n":1.5,"b":true,"a":[1],"o":{"k":0},"z":null}"#
        object = try JSONObject(parsing: Array(text.utf8).span)
    }

    @Test("Gives members of the right kind")
    func right() throws {
        #expect(try object.string("s") == "x")
        #expect(try object.integer("i") == 7)
        #expect(try object.number("n") == 1.5)
        #expect(try object.bool("b"))
        #expect(try object.array("a") == [.number(JSONNumber(1))])
        #expect(try object.object("o").integer("k") == 0)
    }

    @Test("Tells missing from wrong, and takes null for missing", arguments: ["none", "z"])
    func missing(name: String) throws {
        #expect(throws: JSONError.missing(name)) { try object.string(name) }
        #expect(throws: JSONError.missing(name)) { try object.object(name) }
        #expect(try object.optionalString(name) == nil)
        #expect(try object.optionalInteger(name) == nil)
        #expect(try object.optionalNumber(name) == nil)
        #expect(try object.optionalBool(name) == nil)
        #expect(try object.optionalArray(name) == nil)
        #expect(try object.optionalObject(name) == nil)
    }

    @Test("Names what is of another kind, also where it may be missing")
    func wrong() {
        #expect(throws: JSONError.wrongType("s", expected: .number, found: .string)) { try object.integer("s") }
        #expect(throws: JSONError.wrongType("i", expected: .string, found: .number)) { try object.optionalString("i") }
        #expect(throws: JSONError.wrongType("a", expected: .bool, found: .array)) { try object.bool("a") }
        #expect(throws: JSONError.wrongType("o", expected: .array, found: .object)) { try object.optionalArray("o") }
        #expect(throws: JSONError.wrongType("b", expected: .object, found: .bool)) { try object.object("b") }
        #expect(throws: JSONError.invalidValue("n")) { try object.integer("n") }
        #expect(throws: JSONError.wrongType("", expected: .object, found: .array)) {
            try JSONObject(parsing: [UInt8(ascii: "["), UInt8(ascii: "]")].span)
        }
    }

    @Test("Every problem has its own code and a sentence")
    func words() {
        let errors: [JSONError] = [
            .tooLarge(limit: 1), .tooDeep(limit: 1), .tooManyValues(limit: 1), .notUTF8, .malformed(at: 1),
            .missing("a"),
            .wrongType("a", expected: .null, found: .bool), .invalidValue("a"),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(errors.allSatisfy { $0.message.hasSuffix(".") && $0.code.hasPrefix("json.") })
        #expect(errors.filter(\.isShape).map(\.code) == ["json.missing", "json.wrong_type", "json.invalid_value"])
    }
}
