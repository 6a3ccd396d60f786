internal import JSONWire

/// The formats of the OpenAI protocol.
extension WireAudio {
    static let pcm = WireAudio(code: .pcm, rate: 24_000)
    static let muLaw = WireAudio(code: .muLaw, rate: 8_000)
    static let aLaw = WireAudio(code: .aLaw, rate: 8_000)

    /// As a session names it.
    init?(openAI name: String) {
        switch name {
        case "audio/pcm": self = .pcm
        case "audio/pcmu": self = .muLaw
        case "audio/pcma": self = .aLaw
        default: return nil
        }
    }

    var openAIName: String {
        switch code {
        case .pcm: "audio/pcm"
        case .muLaw: "audio/pcmu"
        case .aLaw: "audio/pcma"
        }
    }

    var openAIJSON: JSONValue {
        switch code {
        case .pcm: ["type": .string(openAIName), "rate": .integer(rate)]
        case .muLaw, .aLaw: ["type": .string(openAIName)]
        }
    }

    var mistakenByOpenAI: WireAudio { mistaken(pcmRate: Self.pcm.rate) }
}
