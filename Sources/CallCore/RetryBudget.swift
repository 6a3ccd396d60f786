/// Keeps retries a small share of the calls to one dependency, so that its outage is not made worse by us.
///
/// A bucket that starts full; each first attempt pays a tenth of a retry in, each retry takes one out. One a
/// dependency, shared by all that call it.
///
/// - Invariant: `0 <= parts <= capacity in parts`.
public struct RetryBudget: Hashable, Sendable {
    private static let partsPerRetry = 1_000

    private let capacity: Int
    private let refill: Int
    private var parts: Int

    /// - Parameters:
    ///   - capacity: how many retries a quiet dependency has saved up, at most a million.
    ///   - refillPerMille: what one call pays in, in thousandths of a retry.
    public init(capacity: Int = 10, refillPerMille: Int = 100) {
        self.capacity = min(max(0, capacity), 1_000_000) * Self.partsPerRetry
        refill = min(max(0, refillPerMille), Self.partsPerRetry)
        parts = self.capacity
    }

    /// Whole retries that could be made now.
    public var available: Int { parts / Self.partsPerRetry }

    /// A call makes its first attempt.
    public mutating func callStarted() {
        parts = min(capacity, parts + refill)
    }

    /// Takes one retry out, if there is one.
    public mutating func takeRetry() -> Bool {
        guard parts >= Self.partsPerRetry else { return false }
        parts -= Self.partsPerRetry
        return true
    }
}
