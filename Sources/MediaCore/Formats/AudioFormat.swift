/// What the bytes of a piece of audio mean. One channel; `pcm16` is signed and little-endian.
public struct AudioFormat: Hashable, Sendable {
    public enum Encoding: Hashable, Sendable, CaseIterable {
        case muLaw
        case aLaw
        case pcm16

        public var bytesPerSample: Int {
            switch self {
            case .muLaw, .aLaw: 1
            case .pcm16: 2
            }
        }
    }

    /// What the telephone network speaks in most of the world's media streams.
    public static let muLaw8k = AudioFormat(encoding: .muLaw, rate: .hz8000)
    public static let aLaw8k = AudioFormat(encoding: .aLaw, rate: .hz8000)

    public static func pcm16(_ rate: SampleRate) -> AudioFormat {
        AudioFormat(encoding: .pcm16, rate: rate)
    }

    public let encoding: Encoding
    public let rate: SampleRate

    /// G.711 exists at 8,000 samples a second alone, so the only open choice is `pcm16(_:)`.
    private init(encoding: Encoding, rate: SampleRate) {
        self.encoding = encoding
        self.rate = rate
    }

    /// The bytes of 20 ms.
    public var bytesPerFrame: ByteCount { bytes(of: rate.samplesPerFrame) }

    public func bytes(of count: SampleCount) -> ByteCount {
        ByteCount(count.rawValue * encoding.bytesPerSample)
    }

    /// The whole samples in so many bytes, and the bytes of a sample that is not complete.
    public func samples(in bytes: ByteCount) -> (count: SampleCount, rest: ByteCount) {
        let (count, rest) = bytes.rawValue.quotientAndRemainder(dividingBy: encoding.bytesPerSample)
        return (SampleCount(count), ByteCount(rest))
    }

    /// The bytes that last at least so long.
    public func bytes(in duration: Milliseconds) -> ByteCount {
        bytes(of: rate.samples(in: duration))
    }

    /// The whole milliseconds in so many bytes.
    public func milliseconds(of bytes: ByteCount) -> Milliseconds {
        rate.milliseconds(of: samples(in: bytes).count)
    }

    /// The byte that fills silence. For PCM it is both bytes of a sample.
    public var silence: UInt8 {
        switch encoding {
        case .muLaw: G711.muLaw.silence
        case .aLaw: G711.aLaw.silence
        case .pcm16: 0
        }
    }
}
