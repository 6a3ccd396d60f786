internal import MediaCore

/// Writes one stream's messages to its carrier, into buffers that the caller owns. Prepared once, when the stream's
/// name is known; writing allocates nothing.
///
/// Each message is written at an offset of the caller's choice, so that a frame header fits in front of it.
public struct CarrierWriter: Sendable {
    private let media: Frame
    private let mark: Frame
    private let clear: [UInt8]

    /// What stands before and after the part that changes.
    struct Frame {
        let head: [UInt8]
        let tail: [UInt8]

        init(head: String, tail: String) {
            self.head = Array(head.utf8)
            self.tail = Array(tail.utf8)
        }

        var byteCount: Int { head.count + tail.count }
    }

    init(media: Frame, mark: Frame, clear: String) {
        self.media = media
        self.mark = mark
        self.clear = Array(clear.utf8)
    }

    public func mediaByteCount(audioByteCount: Int) -> Int {
        media.byteCount + Base64.encodedByteCount(audioByteCount)
    }

    /// Writes audio and returns where the message stands.
    ///
    /// - Precondition: From `offset` on there is room for `mediaByteCount(audioByteCount:)`.
    public func writeMedia(
        _ audio: Span<UInt8>, into target: inout MutableSpan<UInt8>, at offset: Int
    ) -> Range<Int> {
        var end = target.copy(media.head.span, to: offset)
        end += Base64.encode(audio, into: &target, at: end)
        end = target.copy(media.tail.span, to: end)
        return offset..<end
    }

    public func markByteCount(_ name: MarkName) -> Int {
        mark.byteCount + name.text.utf8.count
    }

    /// Writes a mark, which comes back when what was sent before it was played or cleared.
    ///
    /// - Precondition: From `offset` on there is room for `markByteCount(_:)`.
    public func writeMark(
        _ name: MarkName, into target: inout MutableSpan<UInt8>, at offset: Int
    ) -> Range<Int> {
        var end = target.copy(mark.head.span, to: offset)
        end = target.copy(name.text.utf8.span, to: end)
        end = target.copy(mark.tail.span, to: end)
        return offset..<end
    }

    public var clearByteCount: Int { clear.count }

    /// Writes the order to drop everything that is not yet played.
    ///
    /// - Precondition: From `offset` on there is room for `clearByteCount`.
    public func writeClear(into target: inout MutableSpan<UInt8>, at offset: Int) -> Range<Int> {
        offset..<target.copy(clear.span, to: offset)
    }
}

/// The name of a mark: up to 64 letters, digits and signs that JSON writes as they are. Up to 15 cost no memory.
public struct MarkName: Hashable, Sendable, CustomStringConvertible {
    public static let maximumByteCount = 64

    let text: String

    public init?(_ text: String) {
        let isPlain = text.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain, (1...Self.maximumByteCount).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    public var description: String { text }
}

extension MutableSpan<UInt8> {
    /// Copies and returns where the copy ends.
    @inline(__always)
    fileprivate mutating func copy(_ source: Span<UInt8>, to offset: Int) -> Int {
        let end = offset + source.count
        precondition(offset >= 0 && end <= count, "no room for the message")
        // SAFETY: both ranges were checked, and a span that is being changed overlaps no other.
        unsafe source.withUnsafeBytes { source in
            unsafe withUnsafeMutableBytes { target in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: source)
            }
        }
        return end
    }
}
