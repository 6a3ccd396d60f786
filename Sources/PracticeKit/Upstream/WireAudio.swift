internal import JSONWire

/// The audio formats of the OpenAI protocol, with everything that depends on one.
enum WireAudio: String, Hashable, Sendable {
    case pcm = "audio/pcm"
    case muLaw = "audio/pcmu"
    case aLaw = "audio/pcma"

    var rate: Int {
        switch self {
        case .pcm: 24_000
        case .muLaw, .aLaw: 8_000
        }
    }

    var bytesPerSample: Int {
        switch self {
        case .pcm: 2
        case .muLaw, .aLaw: 1
        }
    }

    var json: JSONValue {
        switch self {
        case .pcm: ["type": .string(rawValue), "rate": 24_000]
        case .muLaw, .aLaw: ["type": .string(rawValue)]
        }
    }

    /// - Precondition: for PCM the bytes are whole samples.
    func decode(_ bytes: [UInt8]) -> [Int16] {
        switch self {
        case .pcm:
            stride(from: 0, to: bytes.count - 1, by: 2).map {
                Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
            }
        case .muLaw: bytes.map(MuLaw.decode)
        case .aLaw: bytes.map(ALaw.decode)
        }
    }

    func encode(_ samples: some Sequence<Int16>) -> [UInt8] {
        switch self {
        case .pcm: samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        case .muLaw: samples.map(MuLaw.encode)
        case .aLaw: samples.map(ALaw.encode)
        }
    }

    /// What is sent by a service that promised this format and does not keep to it.
    var mistaken: WireAudio {
        switch self {
        case .pcm: .muLaw
        case .muLaw, .aLaw: .pcm
        }
    }
}
