import JSONWire
import Wording

/// Scanner and values know the same grammar, and what was read can be written and read again.
@Sendable
func fuzzJSON(_ input: inout FuzzInput) {
    let text = input.rest()
    var scanned: JSONSlice?
    var scanner = JSONScanner()
    do throws(JSONError) {
        let value = try scanner.value(in: text.span)
        try scanner.end(in: text.span)
        scanned = value
    } catch {
        require(!error.isShape, "the scanner judges what a text holds")
    }
    do throws(JSONError) {
        let value = try JSONValue(parsing: text.span)
        guard let scanned else { fatalError("a text is read that cannot be scanned") }
        require(scanned.kind == value.kind, "the kinds differ")
        check(value, scanned, text)
    } catch {
        let isStricter = error == .notUTF8 || error.code == "json.too_many_values" || error.code == "json.too_large"
        require(scanned == nil || isStricter, "a text is scanned that cannot be read: \(error)")
    }
}

private func check(_ value: JSONValue, _ slice: JSONSlice, _ text: [UInt8]) {
    if case .string(let string) = value {
        require(slice.string(in: text.span) == string, "a string differs")
        var bytes = [UInt8](repeating: 0, count: slice.range.count)
        var target = bytes.mutableSpan
        let count = slice.unescape(text.span, into: &target)
        require(count.map { bytes[..<$0].elementsEqual(string.utf8) } ?? false, "unescaped bytes differ")
        require(slice.equals(string.utf8.span, in: text.span), "a string does not equal itself")
    }
    if case .number(let number) = value, let decimal = slice.decimal(in: text.span) {
        require(number.integer == decimal, "a number differs")
    }
    var json = JSONWriter()
    value.write(to: &json)
    do throws(JSONError) {
        require(try JSONValue(parsing: json.bytes.span, limits: .init(bytes: .max)) == value, "differs when written")
    } catch {
        fatalError("what was written cannot be read: \(error)")
    }
}
