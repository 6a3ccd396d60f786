/// The formats of the ElevenLabs protocol.
extension WireAudio {
    static let elevenLabsNames = [
        "ulaw_8000", "pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100", "pcm_48000",
    ]

    /// What an agent has that nobody set otherwise.
    static let elevenLabsDefault = WireAudio(code: .pcm, rate: 16_000)

    /// As an agent's metadata names it.
    init?(elevenLabs name: some StringProtocol) {
        guard Self.elevenLabsNames.contains(String(name)), let rate = Int(name.split(separator: "_")[1]) else {
            return nil
        }
        self.init(code: name.hasPrefix("ulaw") ? .muLaw : .pcm, rate: rate)
    }

    var elevenLabsName: String {
        switch code {
        case .pcm: "pcm_\(rate)"
        case .muLaw: "ulaw_\(rate)"
        case .aLaw: "alaw_\(rate)"
        }
    }

    var mistakenByElevenLabs: WireAudio { mistaken(pcmRate: Self.elevenLabsDefault.rate) }
}
