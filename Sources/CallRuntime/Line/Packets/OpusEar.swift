internal import CarrierWire
internal import MediaCodecs
internal import MediaCore

/// Hears one call's caller: packets in, samples out. Used by one thread at a time.
final class OpusEar {
    /// What one message came to, in samples: first those that stand for lost packets, then its own.
    struct Heard: Hashable {
        var madeUp = 0
        var own = 0
        /// It was no packet, so its own samples are made up, too.
        var isMalformed = false

        var count: Int { madeUp + own }
    }

    /// Room for a packet and for as much that is made up before it, at the highest rate.
    static let sampleCount = 2 * 2_880

    private let framing: OpusFraming
    private var decoder: OpusDecoder
    /// How long the last packet was, and so, as far as one can know, the lost one.
    private var usual: SampleCount

    init(rate: SampleRate, framing: OpusFraming) throws(MediaCodecError) {
        self.framing = framing
        decoder = try OpusDecoder(rate: rate)
        usual = rate.samplesPerFrame
    }

    /// Decodes what a message carries to the front of `pcm`, behind what stands for as many packets as got lost before it:
    /// the last of them as the packet itself tells of it, those before it as they might have sounded. Sound is not made up
    /// for longer than one packet may last; what is missing beyond that is for the gap filler.
    ///
    /// - Precondition: There is room for `sampleCount`.
    func hear(_ payload: Span<UInt8>, lost: Int, into pcm: inout MutableSpan<Int16>) -> Heard {
        var heard = Heard()
        let place = framing.packet(in: payload) ?? 0..<0
        let packet = payload.extracting(place)
        let length = (try? decoder.sampleCount(of: packet)).map { SampleCount($0) }
        if let length { usual = length }
        let most = min(lost, decoder.longestPacket.rawValue / usual.rawValue)
        for remaining in stride(from: most, to: 0, by: -1) {
            let isRepaired = remaining == 1 && length != nil
            heard.madeUp += makeUp(before: isRepaired ? packet : nil, into: &pcm, at: heard.madeUp)
        }
        if let count = try? decoder.decode(packet, into: &pcm, at: heard.madeUp) {
            heard.own = count
        } else {
            heard.isMalformed = true
            heard.own = makeUp(before: nil, into: &pcm, at: heard.madeUp)
        }
        return heard
    }

    private func makeUp(before next: Span<UInt8>?, into pcm: inout MutableSpan<Int16>, at offset: Int) -> Int {
        do throws(MediaCodecError) {
            guard let next else { return try decoder.conceal(usual, into: &pcm, at: offset) }
            return try decoder.conceal(usual, before: next, into: &pcm, at: offset)
        } catch {
            for index in 0..<usual.rawValue { pcm[offset + index] = 0 }
            return usual.rawValue
        }
    }
}
