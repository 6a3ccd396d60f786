public import Timeline

/// A bad way from the caller to the bridge: frames that come late, and frames that do not come. The order stays: a stream
/// is one TCP connection.
public struct RoughRoad: Sendable {
    public var jitter = Duration.zero
    /// From 0 to 1.
    public var loss = 0.0
    private let seed: UInt64
    private var last = Instant.zero

    public init(seed: UInt64) {
        self.seed = seed
    }

    /// When a frame that is ready now goes out, or gets lost. What becomes of a frame depends on the seed and its number
    /// alone, so that it is the same in each run.
    public mutating func departure(of frame: Int, at now: Instant) -> (moment: Instant, isLost: Bool) {
        var random = SeededRandom(seed: seed &+ UInt64(frame) &* 0x9E37_79B9)
        let isLost = loss > 0 && random.happens(loss)
        let delay = jitter > .zero ? Int64.random(in: 0...jitter.wholeNanoseconds, using: &random) : 0
        last = max(last, now.advanced(byNanoseconds: delay))
        return (last, isLost)
    }
}
