public import CallCore
internal import Synchronization
internal import Telemetry
public import Timeline

/// How writing went of late. Read without waiting.
public final class StoreHealth: Sendable {
    public struct Reading: Hashable, Sendable {
        /// Why nothing can be written; nil while it can.
        public internal(set) var failure: CallStoreError?
        /// Kept after it is over.
        public internal(set) var lastError: CallStoreError?
        public internal(set) var lastSuccess: UTCTime?
        /// When it was last tried.
        public internal(set) var lookedAt: Instant?
    }

    private let state = Mutex(Reading())

    init() {}

    public var reading: Reading { state.withLock { $0 } }

    public var isFailing: Bool { state.withLock { $0.failure != nil } }

    func succeeded() {
        let (now, utc) = (SystemClock.now(), SystemClock.utc())
        state.withLock { reading in
            reading.failure = nil
            reading.lastSuccess = utc
            reading.lookedAt = now
        }
    }

    func failed(_ error: CallStoreError) {
        let now = SystemClock.now()
        state.withLock { reading in
            reading.failure = error
            reading.lastError = error
            reading.lookedAt = now
        }
    }
}
