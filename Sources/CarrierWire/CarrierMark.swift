public import JSONWire

/// A mark of ours comes back: what was sent before it was played, or was cleared. Places in the message's text, as it
/// may come ten times a second.
public struct CarrierMark: Hashable, Sendable {
    public let name: JSONSlice
    /// The stream's name.
    public let stream: JSONSlice?
    /// Counts all messages of the stream.
    public let sequence: Int64?

    /// Where the name stands, unless it is written with escapes: marks of ours need none.
    public var plainName: Range<Int>? { name.isEscaped ? nil : name.range }

    public func name(in text: Span<UInt8>) -> String { name.string(in: text) }

    /// Whether the message is of the stream with this name. One that names no stream is of the one that it came on.
    public func isOf(stream name: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        stream.map { $0.equals(name, in: text) } ?? true
    }
}
