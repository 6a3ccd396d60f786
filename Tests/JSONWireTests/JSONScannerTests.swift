import JSONWire
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
    @Test("Walks over members, nested ones included, and gives their places")
    func walks() throws {
        let text = Array(#" { "a" : "x\"y" , "b" : { "a" : [ 1 , {"a":2} ] } , "c":-1.5e3,"d":true } "#.utf8)
        var scanner = JSONScanner()
        var seen: [String] = []
        #expect(try scanner.enterObject(in: text.span))
        while let key = try scanner.nextKey(in: text.span) {
            let value = try scanner.value(in: text.span)
            seen.append("\(key.string(in: text.span))=\(String(decoding: text[value.range], as: UTF8.self))")
        }
        try scanner.end(in: text.span)
        #expect(seen == [#"a=x\"y"#, #"b={ "a" : [ 1 , {"a":2} ] }"#, "c=-1.5e3", "d=true"])
    }

    @Test("Consumes nothing when asked to enter what is of another kind")
    func enters() throws {
        let text = Array("[{}]".utf8)
        var scanner = JSONScanner()
        #expect(try !scanner.enterObject(in: text.span))
        #expect(try scanner.enterArray(in: text.span))
        #expect(try scanner.nextElement(in: text.span))
        #expect(try !scanner.enterArray(in: text.span))
        #expect(try scanner.enterObject(in: text.span))
        #expect(try scanner.nextKey(in: text.span) == nil)
        #expect(try !scanner.nextElement(in: text.span))
        try scanner.end(in: text.span)
        #expect(scanner.position == text.count)
    }

    @Test("Finds the end of a string wherever its quote stands", arguments: 0..<40)
    func everyAlignment(length: Int) throws {
        for (character, isPlain) in [("x", true), ("é", true), ("\u{7F}", true), (#"\""#, true), ("\u{1F}", false)] {
            for place in 0...length {
                let body =
                    String(repeating: "y", count: place) + character + String(repeating: "z", count: length - place)
                let text = Array("\"\(body)\" ".utf8)
                var scanner = JSONScanner()
                guard isPlain else {
                    #expect(throws: JSONError.malformed(at: place + 1)) { try scanner.value(in: text.span) }
                    continue
                }
                let slice = try scanner.value(in: text.span)
                #expect(slice.range == 1..<text.count - 2)
                #expect(slice.isEscaped == (character == #"\""#))
            }
        }
    }

    @Test(
        "Compares what a string stands for",
        arguments: [
            (#""media""#, true), (#""\u006dedia""#, true), (#""medi\u0061""#, true),
            (#""\u006D\u0065\u0064\u0069\u0061""#, true),
            (#""Media""#, false), (#""medi""#, false), (#""mediax""#, false), (#""media\u0000""#, false),
            (#""\u006dedi""#, false), (#""\\media""#, false), ("12345", false), ("[1,2]", false),
        ])
    func equals(text: String, isEqual: Bool) throws {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        #expect(try scanner.value(in: bytes.span).equals("media", in: bytes.span) == isEqual)
    }

    @Test("Compares strings of every length, and sees one byte that differs", arguments: 0..<40)
    func equalsBytes(length: Int) throws {
        let name = (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        for head in ["\"", #""\u0078"#] {
            let text = Array(head.utf8) + name + [UInt8(ascii: "\"")]
            var scanner = JSONScanner()
            let slice = try scanner.value(in: text.span)
            let expected = head == "\"" ? name : [UInt8(ascii: "x")] + name
            func equals(_ bytes: [UInt8]) -> Bool { slice.equals(bytes.span, in: text.span) }
            #expect(equals(expected))
            #expect(!equals(expected + [0]))
            #expect(!equals([0] + expected))
            for index in expected.indices {
                var other = expected
                other[index] ^= 1
                #expect(!equals(other))
                #expect(!equals(Array(expected[..<index])))
            }
        }
    }

    @Test("Unescapes into the caller's bytes, or says that they do not fit")
    func unescapes() throws {
        let text = Array(#""\/\u00e9\ud83d\ude00=""#.utf8)
        var scanner = JSONScanner()
        let slice = try scanner.value(in: text.span)
        var target = [UInt8](repeating: 0, count: 8)
        var room = target.mutableSpan
        let count = slice.unescape(text.span, into: &room)
        #expect(count == 8)
        #expect(target == Array("/é😀=".utf8))
        var small = [UInt8](repeating: 0, count: 7)
        var smallRoom = small.mutableSpan
        #expect(slice.unescape(text.span, into: &smallRoom) == nil)
    }

    @Test(
        "Reads whole numbers from numbers and from strings of digits",
        arguments: [
            ("0", 0), ("42", 42), (#""42""#, 42), (#""007""#, 7), ("9223372036854775807", .max),
            ("9223372036854775808", nil),
            (#""99999999999999999999""#, nil), ("-1", nil), ("1.0", nil), ("1e2", nil), (#""""#, nil), (#"" 1""#, nil),
            ("true", nil),
            ("null", nil), (#""1a""#, nil), ("[1]", nil),
        ] as [(String, Int64?)])
    func decimal(text: String, value: Int64?) throws {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        #expect(try scanner.value(in: bytes.span).decimal(in: bytes.span) == value)
    }
}
