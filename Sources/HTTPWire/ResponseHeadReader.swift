/// Reads response heads out of whatever slices a socket delivers. As strict as the side that reads requests.
public struct ResponseHeadReader: Sendable {
    private struct StatusLine {
        let version: HTTPVersion
        let status: Int
        let reason: String
    }

    private var reader: HeadReader<StatusLine>

    public init(limits: HeadLimits = HeadLimits()) {
        reader = HeadReader(limits: limits, parse: Self.parse)
    }

    /// No byte of a head has come yet.
    public var isIdle: Bool { reader.isIdle }

    /// The next head, read from `position` on, or nil when the slice is used up. The body begins at `position` then.
    ///
    /// Interim answers (1xx) are heads of their own; the final one follows. After a violation each further call throws
    /// it again.
    public mutating func next(
        in slice: Span<UInt8>, from position: inout Int
    ) throws(HTTPViolation) -> ResponseHead? {
        try reader.next(in: slice, from: &position) { line, headers throws(HTTPViolation) in
            ResponseHead(version: line.version, status: line.status, reason: line.reason, headers: headers)
        }
    }

    /// The blank after the status is forgiven when no reason follows it: common servers leave it out.
    @Sendable
    private static func parse(_ line: Span<UInt8>) throws(HTTPViolation) -> StatusLine {
        guard line.count >= 12, line[8] == UInt8(ascii: " ") else { throw .malformedStatusLine }
        let version = try HTTPVersion(line.extracting(first: 8), malformed: .malformedStatusLine)
        guard let status = FieldSyntax.number(line.extracting(9..<12), maximumDigits: 3), (100...599).contains(status),
            line.count == 12 || line[12] == UInt8(ascii: " ")
        else { throw .malformedStatusLine }
        let reason = line.count > 13 ? line.extracting(13...).text : ""
        return StatusLine(version: version, status: status, reason: reason)
    }
}
