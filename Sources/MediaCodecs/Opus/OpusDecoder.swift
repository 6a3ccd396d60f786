internal import COpus
public import MediaCore

/// Turns Opus packets into samples, and makes up those that got lost.
///
/// Stereo comes interleaved; a mono decoder mixes stereo packets down by itself. Decodes at any of its rates whatever the
/// sender encoded at. Allocates in `init` alone. One stream each, for one thread at a time.
@safe
public struct OpusDecoder: ~Copyable {
    public let rate: SampleRate
    public let channels: Int
    private let state: OpaquePointer

    /// - Precondition: One channel or two.
    public init(rate: SampleRate, channels: Int = 1) throws(MediaCodecError) {
        precondition(channels == 1 || channels == 2, "Opus has one channel or two")
        guard OpusRates.all.contains(rate) else { throw .rateNotInOpus(rate) }
        // SAFETY: rate and channels are valid, so it fails for want of memory alone; `deinit` frees what it makes.
        guard let state = unsafe opus_decoder_create(Int32(rate.rawValue), Int32(channels), nil) else {
            throw .outOfMemory
        }
        self.rate = rate
        self.channels = channels
        unsafe self.state = state
    }

    deinit {
        // SAFETY: made in `init`, freed here alone.
        unsafe opus_decoder_destroy(state)
    }

    /// The most samples of one channel that `decode` gives.
    public var longestPacket: SampleCount { rate.samples(in: OpusRates.longestPacket) }

    /// How many samples of one channel a packet holds.
    public func sampleCount(of packet: Span<UInt8>) throws(MediaCodecError) -> Int {
        // SAFETY: the library reads no more than the count says, and keeps nothing.
        let count = unsafe packet.withUnsafeBufferPointer { packet in
            guard let bytes = packet.baseAddress, !packet.isEmpty else { return OPUS_INVALID_PACKET }
            return unsafe opus_packet_get_nb_samples(bytes, Int32(clamping: packet.count), Int32(rate.rawValue))
        }
        guard count > 0 else { throw .malformedOpusPacket }
        guard count <= longestPacket.rawValue else {
            throw .opusPacketTooLong(samples: Int(count), limit: longestPacket.rawValue)
        }
        return Int(count)
    }

    /// Decodes one packet to `pcm`, from `offset` on, and returns how many samples of each channel that made. A packet that
    /// is none leaves the decoder as it was: `conceal` may stand in for it.
    ///
    /// - Precondition: There is room for `longestPacket` of each channel.
    public mutating func decode(
        _ packet: Span<UInt8>, into pcm: inout MutableSpan<Int16>, at offset: Int = 0
    ) throws(MediaCodecError) -> Int {
        let count = try sampleCount(of: packet)
        return try run(packet, count: count, isRepair: false, into: &pcm, at: offset)
    }

    /// Makes up so many samples of each channel for a packet that got lost: the sound goes on, and fades if it has to go on
    /// for long.
    ///
    /// - Parameter count: A multiple of 2.5 ms; no more than `longestPacket`.
    public mutating func conceal(
        _ count: SampleCount, into pcm: inout MutableSpan<Int16>, at offset: Int = 0
    ) throws(MediaCodecError) -> Int {
        try run(Span<UInt8>(), count: checked(count), isRepair: false, into: &pcm, at: offset)
    }

    /// The same for the packet just before `next`, which may carry a second, coarser copy of it. Without one it is made up
    /// as by `conceal`. `next` itself is still to be decoded.
    public mutating func conceal(
        _ count: SampleCount, before next: Span<UInt8>, into pcm: inout MutableSpan<Int16>, at offset: Int = 0
    ) throws(MediaCodecError) -> Int {
        _ = try sampleCount(of: next)
        return try run(next, count: checked(count), isRepair: true, into: &pcm, at: offset)
    }

    /// Forgets what it has heard: what comes next has nothing to do with it.
    public mutating func reset() {
        // SAFETY: the state lives as long as this.
        _ = unsafe pb_opus_reset_decoder(state)
    }

    private func checked(_ count: SampleCount) throws(MediaCodecError) -> Int {
        let isWhole = count.rawValue > 0 && count.rawValue * 400 % rate.rawValue == 0
        guard isWhole, count <= longestPacket else { throw .noOpusFrame(samples: count.rawValue) }
        return count.rawValue
    }

    private mutating func run(
        _ packet: Span<UInt8>, count: Int, isRepair: Bool, into pcm: inout MutableSpan<Int16>, at offset: Int
    ) throws(MediaCodecError) -> Int {
        precondition(offset >= 0 && pcm.count - offset >= count * channels, "no room to decode")
        // SAFETY: there is room for `count` samples of each channel, the packet's count is its own, the library keeps
        // neither pointer, and an empty packet is passed as none, which asks for concealment.
        let made = unsafe packet.withUnsafeBufferPointer { packet in
            unsafe pcm.withUnsafeMutableBufferPointer { pcm in
                guard let target = pcm.baseAddress else { return OPUS_BUFFER_TOO_SMALL }
                return unsafe opus_decode(
                    state, packet.isEmpty ? nil : packet.baseAddress, Int32(clamping: packet.count), target + offset,
                    Int32(count), isRepair ? 1 : 0)
            }
        }
        guard made != OPUS_INVALID_PACKET else { throw .malformedOpusPacket }
        guard made > 0 else { throw .library(code: made) }
        return Int(made)
    }
}
