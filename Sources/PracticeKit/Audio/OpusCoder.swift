internal import COpus

/// The phone's Opus, between packets and the mu-law that everything else here is measured in. Shares nothing with the
/// product's but the library.
@safe
public final class OpusCoder {
    /// What the stream says it sounds at. Packets know no rate, so this side may work at the telephone's own.
    static let promisedRate = 16_000

    private static let longestPacket = Sound.phoneRate * 120 / 1_000
    private static let largestPacket = 1_275

    private let encoder: OpaquePointer?
    private let decoder: OpaquePointer?

    public init() {
        // SAFETY: `deinit` frees both. What could not be made stays nil and is not used.
        unsafe encoder = opus_encoder_create(Int32(Sound.phoneRate), 1, OPUS_APPLICATION_VOIP, nil)
        unsafe decoder = opus_decoder_create(Int32(Sound.phoneRate), 1, nil)
        if let encoder = unsafe encoder {
            unsafe _ = pb_opus_set_inband_fec(encoder, 1)
            unsafe _ = pb_opus_set_expected_loss(encoder, 10)
        }
    }

    deinit {
        // SAFETY: made in `init`, freed here alone.
        unsafe encoder.map { unsafe opus_encoder_destroy($0) }
        unsafe decoder.map { unsafe opus_decoder_destroy($0) }
    }

    /// The packet of 20 ms; none if there is no encoder.
    public func encode(_ frame: [UInt8]) -> [UInt8] {
        guard let encoder = unsafe encoder else { return [] }
        let samples = MuLaw.decode(frame).samples
        var packet = [UInt8](repeating: 0, count: Self.largestPacket)
        // SAFETY: both counts are the arrays' own, and the library keeps neither pointer.
        let count = unsafe opus_encode(encoder, samples, Int32(samples.count), &packet, Int32(packet.count))
        return Array(packet.prefix(max(0, Int(count))))
    }

    /// What a packet sounds like; nil for what is none.
    public func decode(_ packet: [UInt8]) -> [UInt8]? {
        guard let decoder = unsafe decoder, !packet.isEmpty else { return nil }
        var samples = [Int16](repeating: 0, count: Self.longestPacket)
        // SAFETY: both counts are the arrays' own, and the library keeps neither pointer.
        let count = unsafe opus_decode(
            decoder, packet, Int32(packet.count), &samples, Int32(samples.count), 0)
        guard count > 0 else { return nil }
        return MuLaw.encode(Sound(samples: Array(samples.prefix(Int(count)))))
    }
}
