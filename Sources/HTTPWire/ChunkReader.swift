/// Reads what stands around the bytes of a chunked body: sizes, extensions, line ends, trailers (RFC 9112 section 7.1).
struct ChunkReader: Sendable {
    private enum Stage {
        case size
        case data
        case dataEnd
        case trailers
        case done
    }

    enum Step: Hashable {
        /// So many bytes of the chunk in progress come next.
        case data(Int)
        case end
    }

    /// Extensions mean nothing to us, so their sum over a body is bounded: else they are a body that nobody counts.
    static let maximumExtensionBytes = 4 << 10
    static let trailerLimits = HeadLimits(headBytes: 8 << 10, fields: 64)
    /// Longer sizes overflow, whatever digits they have.
    private static let maximumSizeDigits = 15

    private var stage = Stage.size
    private var lines = LineReader()
    private var trailers = FieldReader()
    private var remaining = 0
    private var extensionBytes = 0

    /// What comes at `position`, or nil when the slice is used up.
    mutating func next(
        in slice: Span<UInt8>, from position: inout Int
    ) throws(HTTPViolation) -> Step? {
        while true {
            switch stage {
            case .size:
                let limit = Self.maximumSizeDigits + Self.maximumExtensionBytes - extensionBytes + 2
                let excess = HTTPViolation.chunkExtensionsTooLong(limit: Self.maximumExtensionBytes)
                guard try lines.next(in: slice, from: &position, limit: limit, excess: excess) else { return nil }
                let (size, digits) = try Self.size(lines.line.span)
                extensionBytes += lines.line.count - digits
                guard extensionBytes <= Self.maximumExtensionBytes else { throw excess }
                remaining = size
                stage = remaining == 0 ? .trailers : .data
            case .data:
                return .data(remaining)
            case .dataEnd:
                guard try lines.next(in: slice, from: &position, limit: 2, excess: .malformedChunk) else { return nil }
                stage = .size
            case .trailers:
                guard try trailers.next(in: slice, from: &position, limits: Self.trailerLimits) else { return nil }
                trailers = FieldReader()
                lines = LineReader()
                stage = .done
            case .done:
                return .end
            }
        }
    }

    /// Says that `count` bytes of the chunk were taken.
    mutating func take(_ count: Int) {
        remaining -= count
        if remaining == 0 { stage = .dataEnd }
    }

    /// Hex digits, then nothing or an extension: no sign, no blank, no `0x`.
    private static func size(
        _ line: Span<UInt8>
    ) throws(HTTPViolation) -> (size: Int, digits: Int) {
        var size = 0
        var end = 0
        while end < line.count, FieldSyntax.isHexDigit(line[end]) {
            guard end < maximumSizeDigits else { throw .malformedChunk }
            let digit = line[end]
            size = size << 4 | Int(FieldSyntax.isDigit(digit) ? digit & 0xF : (digit & 0xF) + 9)
            end += 1
        }
        guard end > 0, end == line.count || line[end] == UInt8(ascii: ";") else { throw .malformedChunk }
        return (size, end)
    }
}
