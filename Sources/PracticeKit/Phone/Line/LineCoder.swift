/// How one stream's audio goes over the wire, where everything here is mu-law: one message, one frame of it.
public struct LineCoder {
    private let codec: PhoneDialect.Codec
    private let opus: OpusCoder?

    public init(_ codec: PhoneDialect.Codec) {
        self.codec = codec
        opus = codec == .opus ? OpusCoder() : nil
    }

    /// What 20 ms become.
    public func encode(_ frame: [UInt8]) -> [UInt8] {
        switch codec {
        case .muLaw: frame
        case .aLaw: frame.map { ALaw.encode(MuLaw.decode($0)) }
        case .opus: opus?.encode(frame) ?? []
        }
    }

    /// What a message sounds like; nil for what is no audio.
    public func decode(_ audio: [UInt8]) -> [UInt8]? {
        switch codec {
        case .muLaw: audio
        case .aLaw: audio.map { MuLaw.encode(ALaw.decode($0)) }
        case .opus: opus?.decode(audio)
        }
    }
}
