internal import Synchronization
public import Timeline

/// Why a dependency is not well, for people.
public struct ProbeFailure: Error, Hashable, Sendable {
    /// For programs.
    public let code: String
    public let message: String

    public init(_ message: String, code: String = "probe.failed") {
        self.code = code
        self.message = message
    }

    static let unknown = ProbeFailure("failing")
}

/// One dependency that is looked after by probes, and what they came to.
public final class HealthProbe: Sendable {
    public typealias Check = @Sendable () async throws(ProbeFailure) -> Void

    /// What became of one round.
    enum Outcome: String, CaseIterable, Sendable {
        case succeeded, failed
        /// Not done at its deadline.
        case late
        /// Not begun: the check of an earlier round, which does not heed its cancellation, still runs.
        case stuck
        /// Not needed: the dependency has just been seen at work.
        case spared
        /// The probes were stopped meanwhile.
        case cut
    }

    /// A dependency that did its work this lately needs no probe.
    static let sparedFor = Duration.seconds(30)

    let name: String
    private let limit: Duration
    private let clock: ProbeClock
    private let executor: (any TaskExecutor)?
    private let check: Check
    private let record: Mutex<Record>
    private let running = Atomic(false)
    /// The check that runs was cancelled at its deadline.
    private let isGivenUp = Atomic(false)

    private struct Record {
        var history: ProbeHistory
        var lastSeenAtWork: Instant?
    }

    init(
        _ name: String, failures: Int, limit: Duration, clock: ProbeClock, on executor: (any TaskExecutor)? = nil,
        check: @escaping Check
    ) {
        self.name = name
        self.limit = limit
        self.clock = clock
        self.executor = executor
        self.check = check
        record = Mutex(Record(history: ProbeHistory(needed: failures)))
    }

    public func health(at now: Instant) -> ComponentHealth {
        record.withLock { $0.history.health(at: now) }
    }

    /// The dependency has just done real work: as good as a probe, and it saves the next ones.
    public func succeeded(after latency: Duration) {
        let (now, utc) = (clock.now(), clock.utc())
        record.withLock { record in
            record.lastSeenAtWork = now
            record.history.succeeded(after: latency, at: now, utc: utc)
        }
    }

    /// Whether a check that was given up still runs.
    var isLeftBehind: Bool { running.load(ordering: .acquiring) && isGivenUp.load(ordering: .acquiring) }

    // MARK: one round

    /// Over by the limit, whatever the check does.
    func round() async -> Outcome {
        let began = clock.now()
        if let seen = record.withLock({ $0.lastSeenAtWork }), seen.duration(to: began) < Self.sparedFor {
            return .spared
        }
        let (outcome, failure) = await attempt(from: began)
        let (now, utc) = (clock.now(), clock.utc())
        record.withLock { record in
            switch outcome {
            case .succeeded: record.history.succeeded(after: began.duration(to: now), at: now, utc: utc)
            case .failed, .late, .stuck: record.history.failed(failure ?? .unknown, at: now)
            case .spared, .cut: break
            }
        }
        return outcome
    }

    private func attempt(from began: Instant) async -> (Outcome, ProbeFailure?) {
        guard !running.exchange(true, ordering: .acquiringAndReleasing) else {
            return (.stuck, ProbeFailure("the last check has not come back yet", code: "probe.stuck"))
        }
        isGivenUp.store(false, ordering: .releasing)
        // The first word counts. A check that ignores its cancellation is left behind, and nobody waits for it.
        let (words, said) = AsyncStream.makeStream(
            of: (Outcome, ProbeFailure?).self, bufferingPolicy: .bufferingOldest(1))
        let work = Task(executorPreference: executor) { [self] in
            let failure: ProbeFailure?
            do throws(ProbeFailure) {
                try await check()
                failure = nil
            } catch {
                failure = error
            }
            running.store(false, ordering: .releasing)
            said.yield((failure == nil ? .succeeded : .failed, failure))
        }
        let patience = Task(executorPreference: executor) { [self] in
            do { try await clock.sleep(began.advanced(by: limit)) } catch { return }
            isGivenUp.store(true, ordering: .releasing)
            said.yield((.late, ProbeFailure("no answer within \(limit)", code: "probe.late")))
        }
        defer {
            work.cancel()
            patience.cancel()
        }
        for await word in words { return word }
        return (.cut, nil)
    }
}
