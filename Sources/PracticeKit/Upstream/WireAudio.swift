/// How audio goes over an upstream's wire: which code, and how many samples a second.
struct WireAudio: Hashable, Sendable {
    enum Code: Hashable {
        case pcm
        case muLaw
        case aLaw
    }

    let code: Code
    let rate: Int

    var bytesPerSample: Int {
        switch code {
        case .pcm: 2
        case .muLaw, .aLaw: 1
        }
    }

    func milliseconds(ofBytes count: Int) -> Int {
        count * 1_000 / (rate * bytesPerSample)
    }

    /// How long so many bytes play, as far as nanoseconds can say it.
    func duration(ofBytes count: Int) -> Duration {
        .nanoseconds(Int64(Double(count) * 1e9 / Double(rate * bytesPerSample)))
    }

    /// - Precondition: for PCM the bytes are whole samples.
    func decode(_ bytes: [UInt8]) -> [Int16] {
        switch code {
        case .pcm:
            (0..<bytes.count / 2).map { Int16(bitPattern: UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8) }
        case .muLaw: MuLaw.decode(bytes).samples
        case .aLaw: bytes.map(ALaw.decode)
        }
    }

    func encode(_ samples: [Int16]) -> [UInt8] {
        switch code {
        case .pcm:
            (0..<2 * samples.count).map { UInt8(truncatingIfNeeded: samples[$0 / 2] >> ($0 % 2 * 8)) }
        case .muLaw: samples.map(MuLaw.encode)
        case .aLaw: samples.map(ALaw.encode)
        }
    }

    /// What is sent by a service that promised this format and does not keep to it.
    ///
    /// - Parameter pcmRate: of its usual PCM.
    func mistaken(pcmRate: Int) -> WireAudio {
        switch code {
        case .pcm: WireAudio(code: .muLaw, rate: 8_000)
        case .muLaw, .aLaw: WireAudio(code: .pcm, rate: pcmRate)
        }
    }
}
