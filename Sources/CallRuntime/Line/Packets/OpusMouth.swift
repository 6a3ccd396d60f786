internal import CarrierWire
internal import MediaCodecs
internal import MediaCore

/// Speaks to one call's caller: frames of 20 ms in, packets out. Used by one thread at a time.
final class OpusMouth {
    /// The packet and what stands in front of it.
    static let byteCount = RTPHeader.byteCount + OpusRates.largestPacketByteCount
    /// RTP counts Opus at 48 kHz, whatever it sounds at.
    private static let ticksPerFrame: UInt32 = 960
    /// The usual number where nothing was agreed upon.
    private static let payloadType: UInt8 = 111

    let frame: SampleCount
    /// What the codec holds back of what it was given.
    let delay: SampleCount
    private let framing: OpusFraming
    private var encoder: OpusEncoder
    private var header: RTPHeader

    init(rate: SampleRate, framing: OpusFraming, source: UInt32) throws(MediaCodecError) {
        self.framing = framing
        encoder = try OpusEncoder(OpusEncoder.Settings(rate: rate))
        frame = rate.samplesPerFrame
        delay = encoder.delay
        header = RTPHeader(payloadType: Self.payloadType, source: source)
    }

    /// Encodes a frame to the front of `message` and returns how many bytes that made; none if it could not be.
    ///
    /// - Precondition: There is room for `byteCount`.
    func speak(_ pcm: Span<Int16>, into message: inout MutableSpan<UInt8>) -> Int {
        let head = framing.headByteCount
        guard let count = try? encoder.encode(pcm, into: &message, at: head) else { return 0 }
        if framing == .rtp { header.writeNext(lasting: Self.ticksPerFrame, into: &message) }
        return head + count
    }
}
