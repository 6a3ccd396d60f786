public enum HTTPVersion: String, Sendable {
    case http10 = "HTTP/1.0"
    case http11 = "HTTP/1.1"

    /// - Parameter malformed: What to throw if `text` is no HTTP version at all.
    init(_ text: Span<UInt8>, malformed: HTTPViolation) throws(HTTPViolation) {
        let form = Array("HTTP/".utf8)
        guard text.count == 8, text[6] == UInt8(ascii: "."), FieldSyntax.isDigit(text[5]), FieldSyntax.isDigit(text[7])
        else { throw malformed }
        for index in form.indices where text[index] != form[index] { throw malformed }
        switch (text[5], text[7]) {
        case (UInt8(ascii: "1"), UInt8(ascii: "1")): self = .http11
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): self = .http10
        default: throw .unsupportedVersion
        }
    }
}
