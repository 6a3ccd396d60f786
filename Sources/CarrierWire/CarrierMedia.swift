public import JSONWire
internal import MediaCore

/// One message of audio: numbers, and the places of its texts. Small and without references, as fifty come a second.
public struct CarrierMedia: Hashable, Sendable {
    /// Base64.
    public let payload: JSONSlice
    public let track: CarrierTrack?
    /// When it is to be heard, in milliseconds since the stream began.
    public let timestamp: Int64?
    /// Counts the messages of audio.
    public let chunk: Int64?
    /// Counts all messages of the stream.
    public let sequence: Int64?
    /// The stream's name.
    public let stream: JSONSlice?

    /// An upper bound of what decoding the payload gives.
    public var maximumAudioByteCount: Int { Base64.maximumDecodedByteCount(payload.range.count) }

    /// Decodes the payload to the front of `target` and returns how many bytes of audio it holds. Allocates only for a
    /// payload that was written with escapes.
    public func decodePayload(
        of text: Span<UInt8>, into target: inout MutableSpan<UInt8>
    ) throws(CarrierError) -> Int {
        // Without the two characters of padding that may be in it.
        guard maximumAudioByteCount - 2 <= target.count else { throw .payloadTooLong(limit: target.count) }
        guard payload.isEscaped else {
            guard let count = Base64.decode(text.extracting(payload.range), into: &target) else {
                throw .payloadNotBase64
            }
            return count
        }
        let unescaped = Array(payload.string(in: text).utf8)
        guard let count = Base64.decode(unescaped.span, into: &target) else { throw .payloadNotBase64 }
        return count
    }

    /// Whether the message is of the stream with this name. One that names no stream is of the one that it came on.
    public func isOf(stream name: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        stream.map { $0.equals(name, in: text) } ?? true
    }
}
