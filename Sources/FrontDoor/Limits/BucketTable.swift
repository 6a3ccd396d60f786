public import CallCore
public import Timeline

/// One token bucket for each of those who ask, at most `capacity` of them.
public struct BucketTable<Key: Hashable & Sendable>: Sendable {
    private let fresh: TokenBucket
    private let capacity: Int
    private var buckets: [Key: TokenBucket] = [:]
    /// Shared by those who find no place.
    private var crowd: TokenBucket

    public init(_ bucket: TokenBucket, capacity: Int = 10_000) {
        fresh = bucket
        crowd = bucket
        self.capacity = max(1, capacity)
    }

    public var count: Int { buckets.count }

    public mutating func take(_ key: Key, at now: Instant) -> TokenBucket.Admission {
        if var bucket = buckets[key] {
            let admission = bucket.take(at: now)
            buckets[key] = bucket
            return admission
        }
        if buckets.count >= capacity { buckets = buckets.filter { !$0.value.isFull(at: now) } }
        guard buckets.count < capacity else { return crowd.take(at: now) }
        var bucket = fresh
        let admission = bucket.take(at: now)
        buckets[key] = bucket
        return admission
    }
}
