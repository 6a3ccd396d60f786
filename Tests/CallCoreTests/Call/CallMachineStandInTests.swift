import CallCore
import Testing
import Timeline

@Suite("Call machine: the agent that stands in")
struct CallMachineStandInTests {
    private typealias Step = MachineProbe.Step

    private func started() -> MachineProbe {
        var rules = CallRules.carrier(canOrder: true, ownsCall: false)
        rules.hasStandIn = true
        return .started(rules)
    }

    private func failed(_ probe: inout MachineProbe, _ failure: AttemptFailure) -> [CallAction] {
        let now = probe.now
        return probe.tell { [budget = probe.budget, generator = probe.generator] machine, _ in
            var (budget, generator) = (budget, generator)
            return machine.standInFailed(failure, at: now, budget: &budget, using: &generator)
        }
    }

    @Test("From 2 s on it is dialled beside the first, and not before")
    func beside() {
        var probe = started()
        probe.pass(.milliseconds(1_999))
        #expect(probe.time(of: .dialStandIn(attempt: 1)) == nil)
        probe.pass(.milliseconds(1))
        #expect(probe.time(of: .dialStandIn(attempt: 1)) == 2_000)
        #expect(probe.time(of: .dropUpstream) == nil)
    }

    @Test("The first that is ready wins, and the other one is let go")
    func winners() {
        var probe = started()
        probe.pass(.seconds(3))
        var other = probe
        #expect(
            probe.tell { $0.upstreamReady(at: $1) } == [.dropStandIn, .stopTone, .openUpstream, .greet])
        #expect(probe.tell { $0.standInReady(at: $1) } == [.dropStandIn])
        #expect(
            other.tell { $0.standInReady(at: $1) } == [.switchToStandIn, .stopTone, .openUpstream, .greet])
        #expect(other.tell { $0.upstreamReady(at: $1) } == [])
        // From here on it is an upstream like any other.
        #expect(other.fail(.permanent).contains(.note(.upstreamLost)))
        #expect(other.passToEnd() == .upstreamFailed)
    }

    @Test("When the first is given up it is dialled at once")
    func atOnce() {
        var probe = started()
        let actions = probe.fail(.permanent)
        #expect(
            actions == [.dropUpstream, .note(.upstreamGivenUp(.permanentFailure)), .dialStandIn(attempt: 1)])
        #expect(probe.tell { $0.upstreamReady(at: $1) } == [.dropUpstream])
        #expect(probe.tell { $0.standInReady(at: $1) } == [.switchToStandIn, .openUpstream, .greet])
    }

    @Test("Only when both are given up the caller is told", arguments: [true, false])
    func both(firstIsFirst: Bool) {
        var probe = started()
        probe.pass(.seconds(3))
        if firstIsFirst { #expect(!probe.fail(.permanent).contains(.decide(.upstreamUnavailable))) }
        let actions = failed(&probe, .permanent)
        #expect(actions.prefix(2) == [.dropStandIn, .note(.standInGivenUp(.permanentFailure))])
        #expect(actions.contains(.decide(.upstreamUnavailable)) == firstIsFirst)
        if !firstIsFirst { #expect(probe.fail(.permanent).contains(.decide(.upstreamUnavailable))) }
        #expect(probe.steps.contains { $0.action == .order(MachineProbe.apology) })
        #expect(probe.passToEnd() == .upstreamUnavailable)
    }

    @Test("It has tries of its own, and one that falls silent is tried again")
    func tries() {
        var probe = started()
        probe.pass(.seconds(7))
        #expect(probe.time(of: .note(.standInSilent)) == 7_000)
        #expect(probe.steps.contains { $0.action == .note(.standInRetry(attempt: 2, after: .milliseconds(250))) })
        probe.pass(.milliseconds(250))
        #expect(probe.time(of: .dialStandIn(attempt: 2)) == 7_250)
        #expect(probe.passToEnd() == .upstreamUnavailable)
        #expect(probe.time(of: .decide(.upstreamUnavailable)) == 10_000)
    }

    @Test("A conversation that the first refuses in the ordinary way is one that it cannot have")
    func refused() {
        var probe = started()
        #expect(
            probe.tell { $0.upstreamFinished(endOfPlayout: nil, at: $1) }
                == [.dropUpstream, .note(.upstreamGivenUp(.permanentFailure)), .dialStandIn(attempt: 1)])
    }

    @Test("The end of the call lets go of both")
    func end() {
        var probe = started()
        probe.pass(.seconds(3))
        let actions = probe.tell { $0.hangUpAsked(.apiHangup, at: $1) }
        #expect(actions.contains(.dropUpstream) && actions.contains(.dropStandIn))
        #expect(probe.tell { $0.standInReady(at: $1) } == [.dropStandIn])
    }
}
