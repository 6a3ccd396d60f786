internal import CallCore
internal import Telemetry
internal import Timeline

/// What the store is asked for, as its metric tells.
enum StoreOperation: String, CaseIterable {
    case keep, record, events, transcript, list, erase, check, errors, prune, secret, roster, dial
}

/// How long the store takes, for whoever asks it: waiting included.
struct StoreMetrics: Sendable {
    private let histograms: [StoreOperation: Histogram]

    init(_ registry: MetricsRegistry) {
        histograms = Dictionary(
            uniqueKeysWithValues: StoreOperation.allCases.map { ($0, registry.histogram(.storeOperation, $0.rawValue)) }
        )
    }

    func measure<Value>(
        _ operation: StoreOperation, _ body: () async throws(CallStoreError) -> Value
    ) async throws(CallStoreError) -> Value {
        let began = SystemClock.now()
        defer { histograms[operation]?.observe(nanoseconds: began.nanoseconds(to: SystemClock.now())) }
        return try await body()
    }
}
