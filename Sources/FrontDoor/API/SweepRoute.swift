public import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire

/// `POST /v1/sweep`: closes what was left open, and tells what was found.
public struct SweepRoute: Sendable {
    private let entry: APIGuard
    private let sweeper: any CallSweeping

    public init(_ entry: APIGuard, sweeper: any CallSweeping) {
        self.entry = entry
        self.sweeper = sweeper
    }

    public func add(to router: inout Router) {
        router.on("POST", "/v1/sweep") { request in
            try entry.check(request)
            do throws(CallStoreError) {
                let report = try await sweeper.sweepNow()
                return .json(headers: ["Cache-Control": "no-store"]) { JSONValue.object(report.json).write(to: &$0) }
            } catch {
                throw Problem(503, code: error.code, error.message, headers: ["Retry-After": "1"])
            }
        }
    }
}
