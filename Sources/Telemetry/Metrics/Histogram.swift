public import Synchronization
internal import Timeline

/// A series of a histogram of durations, resolved ahead of time: observing takes no lock and allocates nothing.
public final class Histogram: Sendable {
    public static let bucketLimit = 20

    /// Upper bounds in nanoseconds; unused places hold the largest value and never count.
    @usableFromInline let bounds: InlineArray<20, Int64>
    /// One more than bounds: the last counts what is above them all.
    @usableFromInline let counts: InlineArray<21, Atomic<UInt64>>
    @usableFromInline let sum = Atomic<Int64>(0)
    @usableFromInline let bucketCount: Int

    public init(bounds: [Duration]) {
        let nanoseconds = bounds.prefix(Self.bucketLimit).map(\.wholeNanoseconds)
        assert(nanoseconds.count == bounds.count && zip(nanoseconds, nanoseconds.dropFirst()).allSatisfy(<))
        bucketCount = nanoseconds.count
        self.bounds = InlineArray { $0 < nanoseconds.count ? nanoseconds[$0] : .max }
        counts = InlineArray { _ in Atomic(0) }
    }

    @inlinable
    public func observe(nanoseconds: Int64) {
        var bucket = 0
        while bucket < bucketCount, bounds[bucket] < nanoseconds { bucket += 1 }
        counts[bucket].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    public func observe(_ duration: Duration) {
        observe(nanoseconds: duration.wholeNanoseconds)
    }

    /// What has been observed. Observations made meanwhile may show in the sum and not yet in the counts.
    public var reading: Reading {
        Reading(
            bounds: (0..<bucketCount).map { .nanoseconds(bounds[$0]) },
            counts: (0...bucketCount).map { counts[$0].load(ordering: .relaxed) },
            sum: .nanoseconds(sum.load(ordering: .relaxed)))
    }

    public struct Reading: Hashable, Sendable {
        public let bounds: [Duration]
        /// One a bucket, not cumulative, and a last one for what is above all bounds.
        public let counts: [UInt64]
        public let sum: Duration

        public var count: UInt64 { counts.reduce(0, +) }
    }
}
