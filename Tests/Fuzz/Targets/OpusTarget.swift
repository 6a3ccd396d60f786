import MediaCodecs
import MediaCore

/// Whatever comes as packets: the decoder says how many samples it made, no more than it may, and writes no others.
@Sendable
func fuzzOpus(_ input: inout FuzzInput) {
    let rates = OpusRates.all
    let choice = Int(input.choice())
    let channels = choice & 4 == 0 ? 1 : 2
    guard var decoder = try? OpusDecoder(rate: rates[choice % rates.count], channels: channels) else {
        fatalError("no memory")
    }
    let room = channels * decoder.longestPacket.rawValue
    var pcm = [Int16](repeating: 0, count: room + 2)
    for packet in input.stream().slices {
        (pcm[0], pcm[room + 1]) = (0x1234, 0x1234)
        let kind = packet.first ?? 0
        var span = pcm.mutableSpan
        let frame = decoder.rate.samplesPerFrame
        let made: Int?
        switch kind & 3 {
        case 0: made = try? decoder.conceal(frame, before: packet.span, into: &span, at: 1)
        case 1 where packet.count == 1: made = try? decoder.conceal(frame, into: &span, at: 1)
        default:
            let promised = try? decoder.sampleCount(of: packet.span)
            made = try? decoder.decode(packet.span, into: &span, at: 1)
            require(made == nil || made == promised, "another length than was promised")
        }
        require(made.map { (1...decoder.longestPacket.rawValue).contains($0) } ?? true, "\(made ?? 0) samples")
        require(pcm[0] == 0x1234 && pcm[room + 1] == 0x1234, "wrote beside its place")
    }
}
