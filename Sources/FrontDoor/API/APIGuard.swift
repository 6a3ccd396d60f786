internal import Addresses
internal import CallCore
internal import HTTPLoop
public import Telemetry
public import Timeline

/// Stands before everything under `/v1`: not too often, and only who may.
public struct APIGuard: Sendable {
    private let tokens: BearerTokens
    private let address: PublicAddress
    private let sources: SourceLimit<IPAddress>
    private let registry: MetricsRegistry
    private let now: @Sendable () -> Instant

    /// - Parameters:
    ///   - requestsPerSecond: Of one source; zero is no limit.
    ///   - now: What the limit counts by.
    public init(
        _ tokens: BearerTokens, address: PublicAddress, requestsPerSecond: Int, registry: MetricsRegistry,
        now: @escaping @Sendable () -> Instant = SystemClock.now
    ) {
        self.tokens = tokens
        self.address = address
        self.registry = registry
        self.now = now
        sources = SourceLimit(TokenBucket(rate: requestsPerSecond))
    }

    /// Lets a request in or says why not. The rate comes first: it also slows down who tries tokens.
    public func check(_ request: RouteRequest) throws(Problem) {
        let visitor = Visitor(request.http)
        if let wait = sources.refusal(address.client(of: visitor).source, at: now()) {
            registry.counter(.rejected, "requests_per_second").increment()
            throw .tooMany(
                "limits.requests_per_second",
                "Too many requests came from this address (limits.requests_per_second).", after: wait)
        }
        do throws(Problem) {
            try tokens.check(visitor)
        } catch {
            registry.counter(.rejected, "token").increment()
            throw error
        }
    }
}
