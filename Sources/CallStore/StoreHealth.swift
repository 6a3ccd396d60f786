public import CallCore
internal import Synchronization
internal import Telemetry
public import Timeline

/// How writing went of late.
public struct StoreReading: Hashable, Sendable {
    /// Why nothing can be written; nil while it can.
    public internal(set) var failure: CallStoreError?
    /// Kept after it is over.
    public internal(set) var lastError: CallStoreError?
    public internal(set) var lastSuccess: UTCTime?
    /// When it was last tried.
    public internal(set) var lookedAt: Instant?
    /// How long that took.
    public internal(set) var latency: Duration?
    /// What waits for the database.
    public internal(set) var depth = 0
}

/// A reading that is written by one thread and read by any, without waiting.
final class StoreHealth: Sendable {
    private let state = Mutex(StoreReading())

    var reading: StoreReading { state.withLock { $0 } }

    func succeeded(since began: Instant) {
        let (now, utc) = (SystemClock.now(), SystemClock.utc())
        state.withLock { reading in
            reading.failure = nil
            reading.lastSuccess = utc
            reading.lookedAt = now
            reading.latency = began.duration(to: now)
        }
    }

    func failed(_ error: CallStoreError, since began: Instant) {
        let now = SystemClock.now()
        state.withLock { reading in
            reading.failure = error
            reading.lastError = error
            reading.lookedAt = now
            reading.latency = began.duration(to: now)
        }
    }

    func holds(_ depth: Int) { state.withLock { $0.depth = depth } }
}
