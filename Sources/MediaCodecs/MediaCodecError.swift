public import MediaCore

/// Why a codec cannot be made, or cannot do what it was asked.
public enum MediaCodecError: Error, Hashable, Sendable {
    /// The codec's library could not take memory for a stream.
    case outOfMemory
    /// Opus knows 8, 16, 24 and 48 kHz of those that are used here.
    case rateNotInOpus(SampleRate)
    /// Opus encodes 2.5, 5, 10, 20, 40 or 60 ms at a time.
    case noOpusFrame(samples: Int)
    /// What a peer sent is no Opus packet.
    case malformedOpusPacket
    /// A packet that holds more than is taken at once.
    case opusPacketTooLong(samples: Int, limit: Int)
    /// The library failed in a way that it does not document for what it was asked.
    case library(code: Int32)

    public var code: String {
        switch self {
        case .outOfMemory: "codec.memory"
        case .rateNotInOpus: "codec.opus_rate"
        case .noOpusFrame: "codec.opus_frame"
        case .malformedOpusPacket: "codec.opus_malformed"
        case .opusPacketTooLong: "codec.opus_too_long"
        case .library: "codec.library"
        }
    }

    public var message: String {
        switch self {
        case .outOfMemory:
            "There was no memory to convert a call's audio, so that call cannot go on. Lower the limit of calls."
        case .rateNotInOpus(let rate):
            "Opus has no rate of \(rate.rawValue) samples a second. Use 8000, 16000, 24000 or 48000."
        case .noOpusFrame(let samples):
            "\(samples) samples are no Opus frame, so they were not encoded. A frame lasts 2.5, 5, 10, 20, 40 or 60 ms."
        case .malformedOpusPacket:
            "A packet is no Opus, so the sound of it is made up. Check that the peer sends one bare packet a message."
        case .opusPacketTooLong(let samples, let limit):
            "An Opus packet holds \(samples) samples where \(limit) are taken, so the sound of it is made up."
        case .library(let code):
            "libopus failed with \(code), so the sound is made up. If that goes on, report it with the version of libopus."
        }
    }
}
