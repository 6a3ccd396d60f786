internal import MediaCore

/// A message in which only the audio changes: fixed text, base64, fixed text.
public struct AudioMessageForm: Sendable {
    /// In front of the message, for the longest header that a WebSocket frame can have.
    static let headroom = 14

    let prefix: StaticString
    let suffix: StaticString

    /// How large a buffer `write` needs, the headroom included.
    public func byteCount(audioByteCount: Int) -> Int {
        Self.headroom + prefix.utf8CodeUnitCount + Base64.encodedByteCount(audioByteCount) + suffix.utf8CodeUnitCount
    }

    /// Writes the message behind the headroom and returns where it stands. Allocates nothing.
    ///
    /// - Precondition: `buffer` has room for `byteCount(audioByteCount:)`.
    public func write(_ audio: Span<UInt8>, into buffer: inout MutableSpan<UInt8>) -> Range<Int> {
        precondition(buffer.count >= byteCount(audioByteCount: audio.count), "no room for the audio message")
        var end = buffer.copy(prefix, to: Self.headroom)
        end += Base64.encode(audio, into: &buffer, at: end)
        return Self.headroom..<buffer.copy(suffix, to: end)
    }
}

extension MutableSpan<UInt8> {
    /// Copies a literal to `start` and returns where it ends.
    @inline(__always)
    fileprivate mutating func copy(_ literal: StaticString, to start: Int) -> Int {
        let count = literal.utf8CodeUnitCount
        precondition(start >= 0 && self.count - start >= count, "no room for a literal")
        // SAFETY: a literal's bytes live for ever, and the room for `count` of them was checked.
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.baseAddress!.advanced(by: start).copyMemory(from: literal.utf8Start, byteCount: count)
        }
        return start + count
    }
}
