/// How many samples make a second: the rates that carriers and upstreams use. All audio here has one channel.
///
/// Convert positions, not pieces: at 22,050 and 44,100 a millisecond is no whole number of samples, so rounding each
/// piece would drift, while rounding a position never errs by more than one sample.
public enum SampleRate: Int, Hashable, Sendable, CaseIterable {
    case hz8000 = 8_000
    case hz16000 = 16_000
    case hz22050 = 22_050
    case hz24000 = 24_000
    case hz44100 = 44_100
    case hz48000 = 48_000

    /// One frame of telephone audio, 20 ms: a whole number of samples at every rate.
    public var samplesPerFrame: SampleCount { SampleCount(rawValue / 50) }

    /// The fewest samples that last at least so long, so that `milliseconds(of:)` gives back what went in.
    public func samples(in duration: Milliseconds) -> SampleCount {
        SampleCount((duration.rawValue * rawValue).dividedRoundingUp(by: 1_000))
    }

    /// How many whole samples fit into a time, as clocks tell it.
    public func samples(inNanoseconds duration: Int64) -> SampleCount {
        let product = duration.multipliedFullWidth(by: Int64(rawValue))
        // A clock's whole range times the highest rate, divided by 10⁹, is 48,000 × 292 years: it fits.
        return SampleCount(Int((1_000_000_000 as Int64).dividingFullWidth(product).quotient))
    }

    /// The whole milliseconds that have passed when so many samples have been played.
    public func milliseconds(of count: SampleCount) -> Milliseconds {
        Milliseconds((count.rawValue * 1_000).dividedRoundingDown(by: rawValue))
    }

    /// The time that so many samples take, rounded up to the nanosecond: after it they have been played.
    public func nanoseconds(of count: SampleCount) -> Int64 {
        let (seconds, rest) = count.rawValue.quotientAndRemainder(dividingBy: rawValue)
        return Int64(seconds) * 1_000_000_000 + Int64((rest * 1_000_000_000).dividedRoundingUp(by: rawValue))
    }

    /// A position at this rate, as the last sample of `other` that is not behind it.
    public func position(_ position: SampleCount, at other: SampleRate) -> SampleCount {
        SampleCount((position.rawValue * other.rawValue).dividedRoundingDown(by: rawValue))
    }
}

extension Int {
    func dividedRoundingDown(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    func dividedRoundingUp(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder > 0 ? quotient + 1 : quotient
    }
}
