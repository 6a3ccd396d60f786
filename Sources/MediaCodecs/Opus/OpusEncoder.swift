internal import COpus
public import MediaCore

/// Turns samples into Opus packets, one a frame.
///
/// Stereo goes in interleaved. Allocates in `init` alone. One stream each, for one thread at a time.
@safe
public struct OpusEncoder: ~Copyable {
    /// How it is to sound and what that may cost.
    public struct Settings: Hashable, Sendable {
        public var rate: SampleRate
        public var channels = 1
        /// Bits a second. Speech is good from 16,000 on; at 40,000 tones, too, stand 29 dB and more above what the codec adds
        /// to them, at 24,000 some only 16.
        public var bitrate = 40_000
        /// 0 to 10: how long it may think about a frame.
        public var complexity = 5
        /// Puts a coarse copy of each frame into the packet behind it, for the ear that lost the first. Needs
        /// `expectedLoss`.
        public var correctsErrors = true
        /// In percent. At 5 libopus 1.3.1 leaves the copies out of packets of 24,000 bits a second above 8 kHz.
        public var expectedLoss = 10
        /// Sends next to nothing while there is silence. Off, as a carrier may take no packets for a lost caller.
        public var pausesInSilence = false

        public init(rate: SampleRate) { self.rate = rate }
    }

    public let settings: Settings
    /// How much later a sound comes out of a decoder than it went in here, in samples of one channel.
    public let delay: SampleCount
    private let state: OpaquePointer

    /// - Precondition: One channel or two.
    public init(_ settings: Settings) throws(MediaCodecError) {
        precondition(settings.channels == 1 || settings.channels == 2, "Opus has one channel or two")
        guard OpusRates.all.contains(settings.rate) else { throw .rateNotInOpus(settings.rate) }
        // SAFETY: rate and channels are valid, so it fails for want of memory alone; `deinit` frees what it makes.
        let made = unsafe opus_encoder_create(
            Int32(settings.rate.rawValue), Int32(settings.channels), OPUS_APPLICATION_VOIP, nil)
        guard let state = unsafe made else { throw .outOfMemory }
        unsafe Self.set(settings, on: state)
        var samples: Int32 = 0
        // SAFETY: both live during the call.
        _ = unsafe pb_opus_get_lookahead(state, &samples)
        self.settings = settings
        delay = SampleCount(Int(samples))
        unsafe self.state = state
    }

    /// What is out of its range is brought into it, so that none of this fails.
    @unsafe
    private static func set(_ settings: Settings, on state: OpaquePointer) {
        // SAFETY: the state was just made.
        unsafe _ = pb_opus_set_bitrate(state, Int32(min(max(settings.bitrate, 6_000), 510_000)))
        unsafe _ = pb_opus_set_complexity(state, Int32(min(max(settings.complexity, 0), 10)))
        unsafe _ = pb_opus_set_inband_fec(state, settings.correctsErrors ? 1 : 0)
        unsafe _ = pb_opus_set_expected_loss(state, Int32(min(max(settings.expectedLoss, 0), 100)))
        unsafe _ = pb_opus_set_dtx(state, settings.pausesInSilence ? 1 : 0)
    }

    deinit {
        // SAFETY: made in `init`, freed here alone.
        unsafe opus_encoder_destroy(state)
    }

    /// Encodes one frame to `packet`, from `offset` on, and returns how many bytes that made. One or two bytes say that there
    /// was silence, which need not be sent.
    ///
    /// The bitrate bends to what `packet` has room for.
    public mutating func encode(
        _ pcm: Span<Int16>, into packet: inout MutableSpan<UInt8>, at offset: Int = 0
    ) throws(MediaCodecError) -> Int {
        let (count, rest) = pcm.count.quotientAndRemainder(dividingBy: settings.channels)
        guard rest == 0, OpusRates.isFrame(count, at: settings.rate) else { throw .noOpusFrame(samples: count) }
        precondition(offset >= 0 && offset <= packet.count, "no place to encode to")
        // SAFETY: both counts are the spans' own, and the library keeps neither pointer.
        let made = unsafe pcm.withUnsafeBufferPointer { pcm in
            unsafe packet.withUnsafeMutableBufferPointer { packet in
                guard let from = pcm.baseAddress, let to = packet.baseAddress else { return OPUS_BUFFER_TOO_SMALL }
                return unsafe opus_encode(
                    state, from, Int32(count), to + offset, Int32(clamping: packet.count - offset))
            }
        }
        guard made > 0 else { throw .library(code: made) }
        return Int(made)
    }

    /// Forgets what it was told: what comes next has nothing to do with it.
    public mutating func reset() {
        // SAFETY: the state lives as long as this.
        _ = unsafe pb_opus_reset_encoder(state)
    }
}
