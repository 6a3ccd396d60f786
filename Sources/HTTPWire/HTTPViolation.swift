/// What is wrong with a message, or with one that we were about to send. The connection does not go on after it.
public enum HTTPViolation: Error, Hashable, Sendable {
    case bareLineEnd
    case controlCharacter(UInt8)
    case firstLineTooLong(limit: Int)
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case malformedRequestLine
    case malformedStatusLine
    case unsupportedVersion
    case unsupportedTarget
    case malformedField
    case foldedField
    case missingHost
    case duplicateHost
    case invalidHost
    case conflictingLengths
    case invalidContentLength
    case unsupportedTransferEncoding
    case unsupportedExpectation
    case malformedChunk
    case chunkExtensionsTooLong(limit: Int)
    case bodyTooLarge(limit: Int)
    case truncatedBody
    /// Something that we were about to send would not be read as one message.
    case unwritable(String)

    /// The status to answer when a client did this. A server that did it gets no answer.
    public var status: Int {
        switch self {
        case .bareLineEnd, .controlCharacter, .malformedRequestLine, .malformedField, .foldedField, .unsupportedTarget,
            .missingHost, .duplicateHost, .invalidHost, .conflictingLengths, .invalidContentLength, .malformedChunk,
            .chunkExtensionsTooLong, .truncatedBody:
            400
        case .bodyTooLarge: 413
        case .firstLineTooLong: 414
        case .unsupportedExpectation: 417
        case .headTooLarge, .tooManyFields: 431
        case .unwritable: 500
        case .unsupportedTransferEncoding: 501
        case .malformedStatusLine: 502
        case .unsupportedVersion: 505
        }
    }

    public var code: String {
        switch self {
        case .bareLineEnd: "http.bare_line_end"
        case .controlCharacter: "http.control_character"
        case .firstLineTooLong: "http.first_line_too_long"
        case .headTooLarge: "http.head_too_large"
        case .tooManyFields: "http.too_many_fields"
        case .malformedRequestLine: "http.malformed_request_line"
        case .malformedStatusLine: "http.malformed_status_line"
        case .unsupportedVersion: "http.unsupported_version"
        case .unsupportedTarget: "http.unsupported_target"
        case .malformedField: "http.malformed_field"
        case .foldedField: "http.folded_field"
        case .missingHost: "http.missing_host"
        case .duplicateHost: "http.duplicate_host"
        case .invalidHost: "http.invalid_host"
        case .conflictingLengths: "http.conflicting_lengths"
        case .invalidContentLength: "http.invalid_content_length"
        case .unsupportedTransferEncoding: "http.unsupported_transfer_encoding"
        case .unsupportedExpectation: "http.unsupported_expectation"
        case .malformedChunk: "http.malformed_chunk"
        case .chunkExtensionsTooLong: "http.chunk_extensions_too_long"
        case .bodyTooLarge: "http.body_too_large"
        case .truncatedBody: "http.truncated_body"
        case .unwritable: "http.unwritable"
        }
    }

    public var message: String {
        switch self {
        case .bareLineEnd: "A line must end with CR LF, and neither may stand alone."
        case .controlCharacter(let byte): "A control character (\(byte)) has no place in a message head."
        case .firstLineTooLong(let limit): "The first line is longer than \(limit) bytes. Send a shorter URL."
        case .headTooLarge(let limit): "The message head is longer than \(limit) bytes. Send less in its header."
        case .tooManyFields(let limit): "The message head has more than \(limit) fields."
        case .malformedRequestLine: "The request line is not method, target and version with one space between them."
        case .malformedStatusLine: "The answer does not begin with an HTTP/1 status line."
        case .unsupportedVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        case .unsupportedTarget: "The request target must be a path, without fragment, blanks or raw non-ASCII."
        case .malformedField: "A header field is not a name, a colon and a value."
        case .foldedField: "A header field continues on a second line; send it on one."
        case .missingHost: "The request has no Host field."
        case .duplicateHost: "The request has more than one Host field."
        case .invalidHost: "The Host field is not a host with an optional port."
        case .conflictingLengths: "The message gives its length more than once."
        case .invalidContentLength: "Content-Length is not a plain number."
        case .unsupportedTransferEncoding: "The only transfer encoding spoken here is chunked, with HTTP/1.1."
        case .unsupportedExpectation: "The only expectation that can be met is 100-continue."
        case .malformedChunk: "A chunk is not a size in hex, its bytes and a line end."
        case .chunkExtensionsTooLong(let limit): "The extensions of the chunks are longer than \(limit) bytes."
        case .bodyTooLarge(let limit): "The body is longer than \(limit) bytes."
        case .truncatedBody: "The connection ended before the body did."
        case .unwritable(let what): "A message could not be sent, since its \(what) would break its framing."
        }
    }
}
