import CallCore
import TestSupport
import Testing
import Timeline

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func at(_ seconds: Int) -> Instant { start.advanced(by: .seconds(seconds)) }

    private func permit(_ breaker: inout CircuitBreaker, at now: Instant) throws -> CircuitBreaker.Permit {
        guard case .admitted(let permit) = breaker.admit(at: now) else {
            throw Refused()
        }
        return permit
    }

    private struct Refused: Error {}

    /// Opened by five failures at `start`.
    private func opened() throws -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<5 { breaker.failed(try permit(&breaker, at: start), at: start) }
        return breaker
    }

    @Test(
        "Opens on five failures in a row within 30 seconds",
        arguments: [
            ([0, 1, 2, 3], false),
            ([0, 1, 2, 3, 4], true),
            ([0, 0, 0, 0, 30], true),
            ([0, 0, 0, 0, 31], false),
            ([0, 10, 20, 30, 40], false),
            ([0, 31, 32, 33, 34, 35], true),
        ])
    func opening(failures: [Int], opens: Bool) throws {
        var breaker = CircuitBreaker()
        for second in failures { breaker.failed(try permit(&breaker, at: at(second)), at: at(second)) }
        #expect(breaker.condition(at: at(failures.last!)) == (opens ? .open : .closed))
    }

    @Test("A success between them starts the count anew")
    func successResets() throws {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { breaker.failed(try permit(&breaker, at: start), at: start) }
        breaker.succeeded(try permit(&breaker, at: start))
        for _ in 0..<4 { breaker.failed(try permit(&breaker, at: start), at: start) }
        #expect(breaker.condition(at: start) == .closed)
    }

    @Test("While open all calls are refused until 30 seconds have passed")
    func refusal() throws {
        var breaker = try opened()
        #expect(breaker.admit(at: start) == .refused(until: at(30)))
        #expect(breaker.admit(at: at(30).advanced(byNanoseconds: -1)) == .refused(until: at(30)))
        #expect(breaker.condition(at: at(30)) == .halfOpen)
        #expect(try permit(&breaker, at: at(30)).isProbe)
    }

    @Test("Half open admits one probe; its success closes the breaker")
    func probeSucceeds() throws {
        var breaker = try opened()
        let probe = try permit(&breaker, at: at(30))
        #expect(breaker.admit(at: at(31)) == .refused(until: at(60)))
        breaker.succeeded(probe)
        #expect(breaker.condition(at: at(31)) == .closed)
        #expect(try !permit(&breaker, at: at(31)).isProbe)
    }

    @Test("Each failed probe doubles the pause, up to five minutes; a success brings back the first pause")
    func doubling() throws {
        var breaker = try opened()
        var now = at(30)
        for pause in [60, 120, 240, 300, 300] {
            breaker.failed(try permit(&breaker, at: now), at: now)
            #expect(breaker.admit(at: now) == .refused(until: now.advanced(by: .seconds(pause))))
            now = now.advanced(by: .seconds(pause))
        }
        breaker.succeeded(try permit(&breaker, at: now))
        for _ in 0..<5 { breaker.failed(try permit(&breaker, at: now), at: now) }
        #expect(breaker.admit(at: now) == .refused(until: now.advanced(by: .seconds(30))))
    }

    @Test("An abandoned probe makes room for the next at once")
    func abandoned() throws {
        var breaker = try opened()
        let probe = try permit(&breaker, at: at(30))
        breaker.abandoned(probe)
        #expect(breaker.condition(at: at(30)) == .halfOpen)
        let next = try permit(&breaker, at: at(30))
        #expect(next.isProbe && next != probe)
    }

    @Test("A probe that never reports blocks for its limit and no longer, and counts no more once it is replaced")
    func silentProbe() throws {
        var breaker = try opened()
        let silent = try permit(&breaker, at: at(30))
        #expect(breaker.admit(at: at(59)) == .refused(until: at(60)))
        let next = try permit(&breaker, at: at(60))
        breaker.failed(silent, at: at(61))
        #expect(breaker.admit(at: at(61)) == .refused(until: at(90)))
        breaker.succeeded(next)
        #expect(breaker.condition(at: at(61)) == .closed)
    }

    @Test("Outcomes of calls begun before the breaker opened, or told twice, change nothing")
    func staleOutcomes() throws {
        var breaker = CircuitBreaker()
        let early = try permit(&breaker, at: start)
        for _ in 0..<5 { breaker.failed(try permit(&breaker, at: start), at: start) }
        breaker.succeeded(early)
        #expect(breaker.condition(at: start) == .open)
        let probe = try permit(&breaker, at: at(30))
        breaker.failed(early, at: at(30))
        breaker.succeeded(early)
        breaker.abandoned(early)
        #expect(breaker.admit(at: at(30)) == .refused(until: at(60)))
        breaker.abandoned(probe)
        breaker.failed(probe, at: at(30))
        #expect(breaker.condition(at: at(30)) == .halfOpen)
    }

    @Test("Whatever comes in whatever order, at most one probe is out and open means refused", arguments: 1...60)
    func oneProbe(seed: UInt64) {
        var generator = Seeded(seed: seed)
        var breaker = CircuitBreaker()
        var now = start
        var out: [(permit: CircuitBreaker.Permit, since: Instant)] = []
        for _ in 0..<4_000 {
            now = now.advanced(by: .milliseconds(Int.random(in: 0...9_000, using: &generator)))
            let before = breaker.condition(at: now)
            let liveProbes = out.filter { $0.permit.isProbe && $0.since.duration(to: now) < .seconds(30) }
            #expect(liveProbes.count <= 1)
            switch Int.random(in: 0...5, using: &generator) {
            case 0, 1, 2:
                let admission = breaker.admit(at: now)
                guard case .admitted(let permit) = admission else {
                    #expect(before == .open || liveProbes.count == 1)
                    continue
                }
                #expect(before != .open)
                #expect(permit.isProbe == (before == .halfOpen))
                if permit.isProbe { #expect(liveProbes.isEmpty) }
                out.append((permit, now))
            case 3 where !out.isEmpty:
                breaker.succeeded(out.remove(at: Int.random(in: out.indices, using: &generator)).permit)
            case 4 where !out.isEmpty:
                breaker.failed(out.remove(at: Int.random(in: out.indices, using: &generator)).permit, at: now)
            case 5 where !out.isEmpty:
                breaker.abandoned(out.remove(at: Int.random(in: out.indices, using: &generator)).permit)
            default:
                break
            }
        }
    }

    @Test("After any history a patient caller gets through within the longest pause", arguments: 1...20)
    func neverStuck(seed: UInt64) {
        var generator = Seeded(seed: seed)
        var breaker = CircuitBreaker()
        var now = start
        for _ in 0..<Int.random(in: 1...500, using: &generator) {
            now = now.advanced(by: .seconds(Int.random(in: 0...20, using: &generator)))
            guard case .admitted(let permit) = breaker.admit(at: now) else { continue }
            if Int.random(in: 0...3, using: &generator) > 0 { breaker.failed(permit, at: now) }
        }
        guard case .admitted = breaker.admit(at: now.advanced(by: .seconds(300))) else {
            Issue.record("refused after the longest pause")
            return
        }
    }
}
