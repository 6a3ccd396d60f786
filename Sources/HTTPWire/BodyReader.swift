/// Reads a body out of whatever slices a socket delivers. Its pieces stay where they are in the slice.
public struct BodyReader: Sendable {
    public enum Event: Hashable, Sendable {
        /// The next bytes of the body, in the slice.
        case data(Range<Int>)
        /// The body is complete; what stands at `position` is the next message.
        case end
    }

    private enum Stage {
        case length(remaining: Int)
        case chunked
        case untilClose
        case failed(HTTPViolation)
    }

    private let maximumBytes: Int
    private var stage: Stage
    private var chunks = ChunkReader()
    /// How many bytes of the body have come.
    public private(set) var byteCount = 0

    /// Refuses a body that is announced to be longer than `maximumBytes`, before any of it is read.
    public init(_ framing: BodyFraming, maximumBytes: Int) throws(HTTPViolation) {
        self.maximumBytes = maximumBytes
        switch framing {
        case .empty: stage = .length(remaining: 0)
        case .length(let length):
            guard length <= maximumBytes else { throw .bodyTooLarge(limit: maximumBytes) }
            stage = .length(remaining: length)
        case .chunked: stage = .chunked
        case .untilClose: stage = .untilClose
        }
    }

    /// What comes at `position`, or nil when the slice is used up. After `end` it is `end` again.
    ///
    /// A body that lasts until the connection ends has no `end` here: see `connectionEnded`. After a violation each
    /// further call throws it again.
    public mutating func next(
        in slice: Span<UInt8>, from position: inout Int
    ) throws(HTTPViolation) -> Event? {
        do throws(HTTPViolation) {
            switch stage {
            case .length(let remaining):
                if remaining == 0 { return .end }
                guard let event = try take(remaining, in: slice, from: &position) else { return nil }
                stage = .length(remaining: remaining - event.count)
                return .data(event)
            case .chunked:
                switch try chunks.next(in: slice, from: &position) {
                case nil: return nil
                case .end:
                    stage = .length(remaining: 0)
                    return .end
                case .data(let remaining):
                    guard let event = try take(remaining, in: slice, from: &position) else { return nil }
                    chunks.take(event.count)
                    return .data(event)
                }
            case .untilClose:
                return try take(slice.count - position, in: slice, from: &position).map { .data($0) }
            case .failed(let violation):
                throw violation
            }
        } catch {
            stage = .failed(error)
            throw error
        }
    }

    /// To be called when the connection ends before `end` came: only a body without a stated end is complete then.
    public mutating func connectionEnded() throws(HTTPViolation) {
        switch stage {
        case .untilClose, .length(remaining: 0): return
        case .failed(let violation): throw violation
        case .length, .chunked:
            stage = .failed(.truncatedBody)
            throw .truncatedBody
        }
    }

    /// Takes what the slice holds of the next `count` bytes; nil if that is nothing.
    private mutating func take(
        _ count: Int, in slice: Span<UInt8>, from position: inout Int
    ) throws(HTTPViolation) -> Range<Int>? {
        guard count <= maximumBytes - byteCount else { throw .bodyTooLarge(limit: maximumBytes) }
        let range = position..<position + min(count, slice.count - position)
        guard !range.isEmpty else { return nil }
        position = range.upperBound
        byteCount += range.count
        return range
    }
}
