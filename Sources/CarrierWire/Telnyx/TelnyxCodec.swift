internal import MediaCore

extension CarrierCodec {
    /// PCMU, PCMA and OPUS; the words have been seen both as the names of RTP and as media types. G722 and AMR-WB are not
    /// spoken here, and L16 is not since nobody says which byte comes first.
    init?(telnyx format: CarrierMediaFormat) {
        guard (1...2).contains(format.channels), let rate = Int(exactly: format.sampleRate) else { return nil }
        switch format.encoding.uppercased() {
        case "PCMU", "AUDIO/X-MULAW", "AUDIO/PCMU":
            guard rate == 8_000, format.channels == 1 else { return nil }
            self = .plain(.muLaw8k)
        case "PCMA", "AUDIO/X-ALAW", "AUDIO/PCMA":
            guard rate == 8_000, format.channels == 1 else { return nil }
            self = .plain(.aLaw8k)
        case "OPUS", "AUDIO/OPUS":
            // A decoder mixes two channels down.
            guard let rate = SampleRate(rawValue: rate), Self.opusRates.contains(rate) else { return nil }
            self = .opus(rate)
        default: return nil
        }
    }

    private static let opusRates: [SampleRate] = [.hz8000, .hz16000, .hz24000, .hz48000]
}
