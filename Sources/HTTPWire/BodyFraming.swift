/// How a message's body ends (RFC 9112 section 6).
public enum BodyFraming: Hashable, Sendable {
    /// No body, or one of no bytes.
    case empty
    case length(Int)
    case chunked
    /// Only answers: the body is all that comes until the connection ends.
    case untilClose

    /// What the fields alone say. Nil if they say nothing.
    ///
    /// Whatever two parsers could read differently is refused: a length beside chunked, a length given twice (even the
    /// same), any transfer encoding but exactly `chunked`, and that with HTTP/1.0.
    init?(version: HTTPVersion, headers: Headers) throws(HTTPViolation) {
        let lengths = headers.values(of: "Content-Length")
        let encodings = headers.values(of: "Transfer-Encoding")
        if let encoding = encodings.first {
            guard lengths.isEmpty else { throw .conflictingLengths }
            guard encodings.count == 1, version == .http11, encoding.equalsIgnoringCase("chunked") else {
                throw .unsupportedTransferEncoding
            }
            self = .chunked
            return
        }
        guard let text = lengths.first else { return nil }
        guard lengths.count == 1 else { throw .conflictingLengths }
        guard let length = FieldSyntax.number(text.utf8.span, maximumDigits: 18) else { throw .invalidContentLength }
        self = length == 0 ? .empty : .length(length)
    }
}
