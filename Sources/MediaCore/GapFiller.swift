public import Timeline

/// Says how much silence stands in for audio that the carrier did not send, so that an upstream's turn detection finishes.
///
/// Some calls send nothing while the caller is silent, and a carrier drops frames when it is read too slowly. The first
/// shows on the clock, the second in the timestamps. Every span of the carrier's timeline is filled or sent once.
///
/// - What came late, out of order or twice is still to be forwarded: losing speech is worse than a pause too long.
/// - Timestamps can demand no more silence than time has passed without audio, and no event more than `longestFill`.
/// - Timestamps that mean nothing (all alike, missing, jumping) cost nothing: while frames come, no clock fills.
public struct GapFiller: Sendable {
    /// Silence on the wire up to here is jitter.
    public static let patience = Milliseconds(60)
    /// What one event may fill at most.
    public static let longestFill = Milliseconds(1_000)
    /// A jump of less than a frame is no missing frame.
    static let shortestGap = Milliseconds(20)
    /// Timestamps further back than this mean that the carrier began anew.
    static let longestDelay = Milliseconds(1_000)

    public let rate: SampleRate
    /// All the silence that was put in.
    public private(set) var filled = SampleCount.zero
    /// Frames that came after their place had been filled or passed.
    public private(set) var lateFrames = 0
    private var line: Line?

    /// The carrier's timeline, from the first frame on.
    private struct Line {
        let began: Instant
        /// Audio and silence that went on to the upstream.
        var forwarded: SampleCount
        /// Sent or filled up to here.
        var accounted: SampleCount
        /// The last frame: where it claimed to begin, where it ended, and when it came.
        var lastClaim: SampleCount?
        var lastEnd: SampleCount
        var lastArrival: Instant
    }

    public init(rate: SampleRate) { self.rate = rate }

    /// A frame came.
    ///
    /// - Parameter timestamp: Where it begins on the carrier's timeline; nil if the carrier does not say.
    /// - Returns: How much silence to forward before it.
    public mutating func frameArrived(
        timestamp: Milliseconds?, count: SampleCount, at now: Instant
    ) -> SampleCount {
        let claimed = timestamp.map { rate.samples(in: $0) }
        guard var line else {
            let end = (claimed ?? .zero) + count
            line = Line(
                began: now, forwarded: count, accounted: end, lastClaim: claimed, lastEnd: end, lastArrival: now)
            return .zero
        }
        let inOrder = max(line.accounted, line.lastEnd)
        let start = claimed == line.lastClaim ? inOrder : claimed ?? inOrder
        let fill = silence(before: start, on: line, at: now)
        let isNewLine = start + rate.samples(in: Self.longestDelay) < line.accounted
        if start < line.accounted { lateFrames += 1 }
        line.lastClaim = claimed
        line.lastEnd = start + count
        line.lastArrival = now
        line.accounted = isNewLine ? line.lastEnd : max(line.accounted, line.lastEnd)
        line.forwarded += fill + count
        self.line = line
        filled += fill
        return fill
    }

    private func silence(before start: SampleCount, on line: Line, at now: Instant) -> SampleCount {
        let gap = start - line.accounted
        guard gap >= rate.samples(in: Self.shortestGap) else { return .zero }
        let passed = rate.samples(inNanoseconds: line.began.nanoseconds(to: now)) + rate.samples(in: Self.patience)
        let missing = max(.zero, passed - line.forwarded)
        return min(gap, missing, rate.samples(in: Self.longestFill))
    }

    /// Before that `clockAdvanced` has nothing to say, and later still if another frame comes.
    public var nextFill: Instant {
        guard let line else { return .zero }
        let quiet = line.accounted - line.lastEnd + rate.samples(in: Self.patience) + rate.samplesPerFrame
        return line.lastArrival.advanced(by: .milliseconds(rate.milliseconds(of: quiet).rawValue))
    }

    /// The clock went on. To be called about every 20 ms; a late call makes up for it.
    ///
    /// - Returns: How much silence to forward now: whole frames.
    public mutating func clockAdvanced(to now: Instant) -> SampleCount {
        guard let line else { return .zero }
        let quiet = rate.samples(inNanoseconds: line.lastArrival.nanoseconds(to: now))
        let due = line.lastEnd + quiet - rate.samples(in: Self.patience) - line.accounted
        let frame = rate.samplesPerFrame.rawValue
        let frames = min(due, rate.samples(in: Self.longestFill)).rawValue / frame
        guard frames > 0 else { return .zero }
        let fill = SampleCount(frames * frame)
        self.line?.accounted += fill
        self.line?.forwarded += fill
        filled += fill
        return fill
    }
}
