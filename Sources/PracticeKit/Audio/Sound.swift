/// Sound as it is spoken, heard and measured here: one channel of 16-bit samples.
public struct Sound: Hashable, Sendable {
    public static let phoneRate = 8_000

    public let rate: Int
    public var samples: [Int16]

    public init(rate: Int = phoneRate, samples: [Int16] = []) {
        precondition(rate > 0, "sound needs a rate")
        self.rate = rate
        self.samples = samples
    }

    public static func silence(_ duration: Duration, rate: Int = phoneRate) -> Sound {
        Sound(rate: rate, samples: Array(repeating: 0, count: count(of: duration, rate: rate)))
    }

    /// Whole samples in `duration`, the nearest number.
    public static func count(of duration: Duration, rate: Int = phoneRate) -> Int {
        max(0, Int((duration / .seconds(1) * Double(rate)).rounded()))
    }

    public var duration: Duration { time(at: samples.count) }

    /// When sample `index` is heard, from the start.
    public func time(at index: Int) -> Duration {
        .nanoseconds(Int64(index) * 1_000_000_000 / Int64(rate))
    }

    /// What is heard from `start` to `end`, as far as there is any.
    public func part(from start: Duration, to end: Duration? = nil) -> Sound {
        let first = min(Self.count(of: start, rate: rate), samples.count)
        let last = min(end.map { Self.count(of: $0, rate: rate) } ?? samples.count, samples.count)
        return Sound(rate: rate, samples: Array(samples[first..<max(first, last)]))
    }

    public mutating func append(_ other: Sound) {
        precondition(other.rate == rate, "sounds of two rates cannot be joined")
        samples += other.samples
    }

    /// Repeats or cuts it to `duration`.
    public func lasting(_ duration: Duration) -> Sound {
        let count = Self.count(of: duration, rate: rate)
        guard !samples.isEmpty else { return .silence(duration, rate: rate) }
        return Sound(rate: rate, samples: (0..<count).map { samples[$0 % samples.count] })
    }

    /// Fades both ends, so that neither clicks.
    public func faded(over ramp: Duration = .milliseconds(5)) -> Sound {
        let length = min(Self.count(of: ramp, rate: rate), samples.count / 2)
        guard length > 0 else { return self }
        var faded = self
        for index in 0..<length {
            let share = Ramp.share(Double(index) / Double(length))
            let last = samples.count - 1 - index
            faded.samples[index] = Int16((Double(samples[index]) * share).rounded())
            faded.samples[last] = Int16((Double(samples[last]) * share).rounded())
        }
        return faded
    }
}
