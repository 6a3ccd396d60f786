internal import MediaCore

/// How a stream's audio is coded, each way: carriers do not promise that both are alike.
public struct CarrierVoice: Hashable, Sendable {
    public static let muLaw8k = CarrierVoice(heard: .plain(.muLaw8k), spoken: .plain(.muLaw8k))

    /// The caller's.
    public var heard: CarrierCodec
    /// The agent's.
    public var spoken: CarrierCodec

    public init(heard: CarrierCodec, spoken: CarrierCodec) {
        self.heard = heard
        self.spoken = spoken
    }
}
