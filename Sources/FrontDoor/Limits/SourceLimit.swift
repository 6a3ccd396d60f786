internal import Addresses
internal import CallCore
internal import HTTPWire
internal import Synchronization
internal import Timeline

/// How often anybody may come.
final class RateLimit: Sendable {
    private let bucket: Mutex<TokenBucket>

    init(_ bucket: TokenBucket) {
        self.bucket = Mutex(bucket)
    }

    /// Nil lets it in; else how long to wait.
    func refusal(at now: Instant) -> Duration? {
        bucket.withLock { $0.take(at: now) }.wait(from: now)
    }
}

/// How often one source may come.
final class SourceLimit<Key: Hashable & Sendable>: Sendable {
    private let table: Mutex<BucketTable<Key>>

    init(_ bucket: TokenBucket, capacity: Int = 10_000) {
        table = Mutex(BucketTable(bucket, capacity: capacity))
    }

    /// Nil lets it in; else how long to wait.
    func refusal(_ key: Key, at now: Instant) -> Duration? {
        table.withLock { $0.take(key, at: now) }.wait(from: now)
    }
}

extension TokenBucket.Admission {
    fileprivate func wait(from now: Instant) -> Duration? {
        switch self {
        case .admitted: nil
        case .refused(let until): now.duration(to: until)
        // One is never more than a bucket holds.
        case .tooMany: .zero
        }
    }
}

extension IPAddress {
    /// Whoever has one IPv6 address has the 2⁶⁴ around it.
    var source: IPAddress { isV4 ? self : IPAddress(bits: (bits >> 64) << 64) }
}

extension Problem {
    static func tooMany(_ code: String, _ detail: String, after wait: Duration) -> Problem {
        Problem(429, code: code, detail, headers: ["Retry-After": String(max(1, Int(wait.inSeconds.rounded(.up))))])
    }
}
