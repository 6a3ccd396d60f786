/// Reads the field lines of a head, or of the trailers of a chunked body, up to the empty line that ends them.
struct FieldReader: Sendable {
    private(set) var headers = Headers()
    private var lines = LineReader()
    private var consumed = 0

    var isIdle: Bool { consumed == 0 && lines.count == 0 }

    /// The next line as it stands: for the line above the fields. Nil when the slice is used up.
    mutating func firstLine(
        in slice: Span<UInt8>, from position: inout Int, limits: HeadLimits
    ) throws(HTTPViolation) -> [UInt8]? {
        let limit = min(limits.firstLineBytes, limits.headBytes - consumed)
        let excess = HTTPViolation.firstLineTooLong(limit: limits.firstLineBytes)
        guard try lines.next(in: slice, from: &position, limit: limit, excess: excess) else { return nil }
        consumed += lines.line.count + 2
        return lines.line
    }

    /// True when the empty line was read, false when the slice is used up.
    mutating func next(
        in slice: Span<UInt8>, from position: inout Int, limits: HeadLimits
    ) throws(HTTPViolation) -> Bool {
        let excess = HTTPViolation.headTooLarge(limit: limits.headBytes)
        while try lines.next(in: slice, from: &position, limit: limits.headBytes - consumed, excess: excess) {
            consumed += lines.line.count + 2
            if lines.line.isEmpty { return true }
            guard headers.fields.count < limits.fields else { throw .tooManyFields(limit: limits.fields) }
            headers.append(try Self.field(lines.line.span))
        }
        return false
    }

    private static func field(_ line: Span<UInt8>) throws(HTTPViolation) -> Headers.Field {
        if FieldSyntax.isBlank(line[0]) { throw .foldedField }
        var colon = 0
        while colon < line.count, FieldSyntax.isTokenByte(line[colon]) { colon += 1 }
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else { throw .malformedField }
        let rest = line.extracting((colon + 1)...)
        return Headers.Field(name: line.extracting(first: colon).text, value: rest.extracting(rest.trimmed()).text)
    }
}

extension Span<UInt8> {
    /// The bytes as UTF-8 if they can be, else as ISO 8859-1, as HTTP had it once.
    var text: String {
        if let text = try? UTF8Span(validating: self) { return String(copying: text) }
        var text = ""
        for index in indices { text.unicodeScalars.append(Unicode.Scalar(self[index])) }
        return text
    }
}
