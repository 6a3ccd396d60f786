/// Reads request heads out of whatever slices a socket delivers.
///
/// Each byte is looked at once, and a rule is checked as soon as its line is complete. Between heads it holds nothing.
public struct RequestHeadReader: Sendable {
    private struct RequestLine {
        let method: String
        let target: String
        let version: HTTPVersion
    }

    private var reader: HeadReader<RequestLine>

    public init(limits: HeadLimits = HeadLimits()) {
        reader = HeadReader(limits: limits, parse: Self.parse)
    }

    /// No byte of a head has come yet, so ending the connection here is polite.
    public var isIdle: Bool { reader.isIdle }

    /// The next head, read from `position` on, or nil when the slice is used up. The body begins at `position` then.
    ///
    /// After a violation each further call throws it again.
    public mutating func next(
        in slice: Span<UInt8>, from position: inout Int
    ) throws(HTTPViolation) -> RequestHead? {
        try reader.next(in: slice, from: &position) { line, headers throws(HTTPViolation) in
            try RequestHead(method: line.method, target: line.target, version: line.version, headers: headers)
        }
    }

    @Sendable
    private static func parse(_ line: Span<UInt8>) throws(HTTPViolation) -> RequestLine {
        var methodEnd = 0
        while methodEnd < line.count, FieldSyntax.isTokenByte(line[methodEnd]) { methodEnd += 1 }
        guard methodEnd > 0, methodEnd < line.count, line[methodEnd] == UInt8(ascii: " ") else {
            throw .malformedRequestLine
        }
        var versionStart = line.count
        while line[versionStart - 1] != UInt8(ascii: " ") { versionStart -= 1 }
        guard versionStart > methodEnd + 2 else { throw .malformedRequestLine }
        let version = try HTTPVersion(line.extracting(versionStart...), malformed: .malformedRequestLine)
        let method = line.extracting(first: methodEnd).text
        let target = line.extracting(methodEnd + 1..<versionStart - 1)
        guard FieldSyntax.isTarget(target, for: method) else { throw .unsupportedTarget }
        return RequestLine(method: method, target: target.text, version: version)
    }
}
