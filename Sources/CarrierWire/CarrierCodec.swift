public import MediaCore

/// How audio is coded on a media socket.
public enum CarrierCodec: Hashable, Sendable {
    /// Sample by sample, so any number of them fits a message.
    case plain(AudioFormat)
    /// One Opus packet a message, whose sound is wanted at this rate.
    case opus(SampleRate)

    public static let pcmu = CarrierCodec.plain(.muLaw8k)
    public static let pcma = CarrierCodec.plain(.aLaw8k)
    /// Packets say nothing of a rate, so this takes nothing away from whoever wants less.
    public static let opusWideband = CarrierCodec.opus(.hz16000)

    /// What it is once it is decoded.
    public var format: AudioFormat {
        switch self {
        case .plain(let format): format
        case .opus(let rate): .pcm16(rate)
        }
    }

    public var isPackets: Bool {
        switch self {
        case .plain: false
        case .opus: true
        }
    }
}

/// How a carrier puts an Opus packet into a message. No carrier's documentation says it beyond doubt.
public enum OpusFraming: String, Hashable, Sendable, CaseIterable {
    /// The bare packet.
    case packet
    /// With an RTP header in front of it.
    case rtp

    /// Where the packet stands in what a message carries; nil for what is no RTP.
    public func packet(in payload: Span<UInt8>) -> Range<Int>? {
        switch self {
        case .packet: 0..<payload.count
        case .rtp: RTPHeader.payload(in: payload)
        }
    }

    /// Bytes in front of a packet.
    public var headByteCount: Int {
        switch self {
        case .packet: 0
        case .rtp: RTPHeader.byteCount
        }
    }
}
