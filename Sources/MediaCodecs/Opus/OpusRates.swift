public import MediaCore

/// What Opus can be run at. The wire knows no rate: a decoder may have another one than the encoder.
public enum OpusRates {
    public static let all: [SampleRate] = [.hz8000, .hz16000, .hz24000, .hz48000]
    /// The longest packet that is decoded. The format allows 120 ms, which nobody sends who wants to be answered.
    public static let longestPacket = Milliseconds(60)
    /// A packet of one frame never needs more.
    public static let largestPacketByteCount = 1_275

    /// Frames that an encoder takes, in samples of one channel.
    static func isFrame(_ count: Int, at rate: SampleRate) -> Bool {
        // In halves of milliseconds, so that 2.5 ms is a whole number.
        let (halves, rest) = (2_000 * count).quotientAndRemainder(dividingBy: rate.rawValue)
        return rest == 0 && [5, 10, 20, 40, 80, 120].contains(halves)
    }
}
