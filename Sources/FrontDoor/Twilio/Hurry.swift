internal import Synchronization
internal import Telemetry
internal import Timeline

/// For answers that the carrier waits for, and a caller with it.
enum Hurry {
    /// What came of the work, or nothing if that takes longer: it goes on all the same.
    static func answer<Value: Sendable>(
        by deadline: Instant, in house: TwilioPaths.House, _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            let first = First(continuation)
            let clock = Task(name: "hurry", executorPreference: house.executor) {
                try? await house.wait(house.now().duration(to: deadline))
                first.take(nil)
            }
            Task(name: "hurried", executorPreference: house.executor) {
                first.take(await work())
                clock.cancel()
            }
        }
    }

    /// Answers once.
    private final class First<Value: Sendable>: Sendable {
        private let waiting: Mutex<CheckedContinuation<Value?, Never>?>

        init(_ continuation: CheckedContinuation<Value?, Never>) {
            waiting = Mutex(continuation)
        }

        func take(_ value: Value?) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(returning: value)
        }
    }
}
