import CarrierWire
import Testing

@Suite("Web form")
struct WebFormTests {
    @Test(
        "Reads fields in order, with their escapes",
        arguments: [
            ("", []), ("a=1", ["a=1"]), ("a=1&b=2&a=3", ["a=1", "b=2", "a=3"]), ("a", ["a="]), ("a=", ["a="]),
            ("=a", ["=a"]),
            ("&&a=1&", ["a=1"]), ("a=b=c", ["a=b=c"]), ("a+b=c+d%2B", ["a b=c d+"]), ("%41=%c3%A9", ["A=é"]),
            ("a=%00%26", ["a=\0&"]), ("a=é", ["a=é"]), ("a=%FF", ["a=\u{FFFD}"]),
            ("a=%ED%A0%80x", ["a=\u{FFFD}\u{FFFD}\u{FFFD}x"]),
        ])
    func reads(body: String, fields: [String]) throws {
        #expect(try form(body).fields.map { "\($0.name)=\($0.value)" } == fields)
    }

    @Test(
        "Refuses a percent sign without its digits",
        arguments: ["a=%", "a=%4", "a=%4g", "%zz=1", "a=%%41", "a=1&b=%u0041"])
    func refuses(body: String) {
        #expect(throws: CarrierError.malformedForm) { try form(body) }
    }

    @Test("Takes a thousand fields and no more")
    func limit() throws {
        #expect(try form(String(repeating: "a&", count: 1_000)).fields.count == 1_000)
        #expect(throws: CarrierError.formTooLarge(limit: 1_000)) { try form(String(repeating: "a&", count: 1_001)) }
    }

    @Test("Finds the first of a name, or all; names are compared by bytes")
    func finds() throws {
        let form = try form("a=1&A=2&a=3&%C3%A9=4")
        #expect(form["a"] == "1")
        #expect(form["A"] == "2")
        #expect(form["b"] == nil)
        #expect(form["\u{E9}"] == "4")
        #expect(form["e\u{301}"] == nil)
        #expect(form.values(of: "a") == ["1", "3"])
    }

    @Test("What is written is read back, every byte of it")
    func writes() throws {
        var form = WebForm()
        form.append("To", "+1 415&x=y")
        form.append("Empty", ifPresent: "")
        form.append("None", ifPresent: nil)
        form.append("Grüße", "a~b-c_d.e*")
        #expect(
            String(decoding: form.encoded, as: UTF8.self) == "To=%2B1+415%26x%3Dy&Empty=&Gr%C3%BC%C3%9Fe=a~b-c_d.e%2A")
        #expect(try WebForm(parsing: form.encoded.span) == form)
        let everything = Array(UInt8.min...UInt8.max)
        let hex = everything.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let all = try self.form("\(hex)=\(hex)")
        #expect(all.fields == [WebForm.Field(nameBytes: everything, valueBytes: everything)])
        #expect(try WebForm(parsing: all.encoded.span) == all)
    }

    private func form(_ body: String) throws(CarrierError) -> WebForm {
        try WebForm(parsing: Array(body.utf8).span)
    }
}
