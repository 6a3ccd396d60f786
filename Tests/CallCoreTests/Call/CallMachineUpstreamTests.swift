import CallCore
import Testing
import Timeline

@Suite("Call machine: reaching the upstream")
struct CallMachineConnectTests {
    private typealias Step = MachineProbe.Step

    @Test("The upstream is dialled with the start, and greets when it is ready; each comes once")
    func ready() {
        var probe = MachineProbe()
        #expect(probe.tell { $0.started(at: $1) } == [.dialUpstream(attempt: 1)])
        #expect(probe.tell { $0.started(at: $1) } == [])
        probe.pass(.milliseconds(1_999))
        #expect(probe.tell { $0.upstreamReady(at: $1) } == [.openUpstream, .greet])
        #expect(probe.tell { $0.upstreamReady(at: $1) } == [])
        probe.hasFrames = true
        probe.pass(.seconds(600))
        #expect(probe.steps.count == 3)
        #expect(probe.machine.isTalking)
    }

    @Test("From 2 s on the caller hears a tone, until the upstream is ready")
    func tone() {
        var probe = MachineProbe.started()
        probe.pass(.milliseconds(1_999))
        #expect(probe.time(of: .startTone) == nil)
        probe.pass(.milliseconds(1))
        #expect(probe.time(of: .startTone) == 2_000)
        probe.pass(.seconds(1))
        #expect(probe.tell { $0.upstreamReady(at: $1) } == [.stopTone, .openUpstream, .greet])
    }

    @Test("An upstream that takes us in and stays silent is tried again after 5 s, and given up at 8 s")
    func silent() {
        var probe = MachineProbe.started(.carrier(canOrder: true, ownsCall: false))
        probe.pass(.seconds(8))
        #expect(
            probe.steps == [
                Step(0, .dialUpstream(attempt: 1)), Step(2_000, .startTone), Step(5_000, .note(.upstreamSilent)),
                Step(5_000, .dropUpstream),
                Step(5_000, .note(.upstreamRetry(attempt: 2, after: .milliseconds(250)))),
                Step(5_250, .dialUpstream(attempt: 2)), Step(8_000, .note(.upstreamSilent)), Step(8_000, .dropUpstream),
                Step(8_000, .note(.upstreamGivenUp(.timeUsed))), Step(8_000, .stopTone), Step(8_000, .stopPlayout),
                Step(8_000, .dropUpstream), Step(8_000, .decide(.upstreamUnavailable)),
                Step(8_000, .prepare(MachineProbe.apology)), Step(8_000, .order(MachineProbe.apology)),
            ])
        #expect(probe.passToEnd() == .upstreamUnavailable)
    }

    @Test("One that refuses for a moment is tried three times", arguments: [ConstantGenerator.lowest, .highest])
    func refused(generator: ConstantGenerator) {
        var probe = MachineProbe.started()
        probe.generator = generator
        for _ in 1...2 {
            probe.fail(.transient(retryAfter: nil))
            probe.pass(.seconds(1))
        }
        #expect(probe.dials == (generator.value == .max ? [0, 250, 1_500] : [0, 0, 1_000]))
        probe.fail(.transient(retryAfter: nil))
        #expect(probe.steps.contains { $0.action == .note(.upstreamGivenUp(.attemptsUsed)) })
        #expect(probe.passToEnd() == .upstreamUnavailable)
        #expect(probe.dials.count == 3)
    }

    @Test("One that would refuse again is not tried again")
    func permanent() {
        var probe = MachineProbe.started()
        probe.fail(.permanent)
        #expect(probe.time(of: .note(.upstreamGivenUp(.permanentFailure))) == 0)
        #expect(probe.passToEnd() == .upstreamUnavailable)
        #expect(probe.dials == [0])
    }

    @Test(
        "What the upstream asks us to wait is waited for inside 8 s", arguments: [(3, true), (8, false), (60, false)])
    func retryAfter(seconds: Int, isTried: Bool) {
        var probe = MachineProbe.started()
        probe.fail(.transient(retryAfter: .seconds(seconds)))
        probe.pass(.seconds(20))
        #expect(probe.dials == (isTried ? [0, seconds * 1_000 + 250] : [0]))
    }

    @Test("Without retries left for all calls together there is one attempt")
    func budget() {
        var probe = MachineProbe.started()
        probe.budget = RetryBudget(capacity: 0)
        probe.fail(.transient(retryAfter: nil))
        #expect(probe.time(of: .note(.upstreamGivenUp(.retriesUsed))) == 0)
    }

    @Test("A session that ends in the ordinary way before it began was a refusal")
    func finishedBeforeReady() {
        var probe = MachineProbe.started()
        probe.tell { $0.upstreamFinished(endOfPlayout: nil, at: $1) }
        #expect(probe.passToEnd() == .upstreamUnavailable)
    }

    @Test("Between two attempts nothing that the last one still says counts")
    func late() {
        var probe = MachineProbe.started()
        probe.fail(.transient(retryAfter: .seconds(1)))
        #expect(probe.tell { $0.upstreamReady(at: $1) } == [.dropUpstream])
        #expect(probe.tell { $0.upstreamFinished(endOfPlayout: nil, at: $1) } == [])
        #expect(probe.fail(.permanent) == [])
        probe.pass(.seconds(2))
        #expect(probe.dials == [0, 1_250])
    }

    @Test("A limit of zero is none: no tone, and an attempt may take as long as it likes")
    func noLimits() {
        var rules = CallRules()
        (rules.tone, rules.upstreamAttempt, rules.frameless) = (.zero, .zero, .zero)
        (rules.firstMedia, rules.longest) = (.zero, .zero)
        var probe = MachineProbe.started(rules)
        #expect(probe.machine.deadline == .never)
        probe.pass(.seconds(3_600))
        #expect(probe.steps.count == 1)
    }
}

@Suite("Call machine: losing the upstream")
struct CallMachineLossTests {
    @Test(
        "The caller is told by the end of the stream where the carrier then asks us, else by REST",
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func apology(canOrder: Bool, ownsCall: Bool) {
        var probe = MachineProbe.talking(.carrier(canOrder: canOrder, ownsCall: ownsCall))
        let last: CallAction =
            canOrder && !ownsCall ? .order(MachineProbe.apology) : .closeCarrier(code: 1000, reason: "")
        #expect(
            probe.fail(.transient(retryAfter: nil)) == [
                .note(.upstreamLost), .stopPlayout, .dropUpstream, .decide(.upstreamFailed),
                .prepare(MachineProbe.apology), last,
            ])
        #expect(probe.tell { $0.carrierEnded(.seen(.lost), at: $1) } == [.finish(.upstreamFailed)])
    }

    @Test("Without an apology the call is ended by REST where that can be", arguments: [true, false])
    func wordless(ownsCall: Bool) {
        let rules = CallRules.carrier(canOrder: true, ownsCall: ownsCall)
        var machine = CallMachine(rules, at: .zero)
        _ = machine.started(at: .zero)
        _ = machine.upstreamReady(at: .zero)
        var (budget, generator) = (RetryBudget(), ConstantGenerator.lowest)
        let actions = machine.upstreamFailed(.permanent, at: .zero, budget: &budget, using: &generator)
        #expect(actions.suffix(2) == [.prepare([]), .order([])])
    }
}

@Suite("Call machine: farewell")
struct CallMachineFarewellTests {
    private func at(_ milliseconds: Int) -> Instant { .zero.advanced(by: .milliseconds(milliseconds)) }

    @Test("An agent that hangs up says its last words, is heard to its end, and then the carrier is told")
    func agentHangsUp() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        #expect(probe.tell { $0.farewellAsked(at: $1) } == [.note(.farewellBegan)])
        #expect(probe.tell { $0.farewellAsked(at: $1) } == [])
        #expect(probe.tell { $0.playoutEnded(at: $1) } == [])
        #expect(probe.tell { $0.responseEnded(endOfPlayout: at(3_000), at: $1) } == [.watchPlayout])
        probe.pass(.seconds(3))
        #expect(
            probe.tell { $0.playoutEnded(at: $1) } == [
                .stopPlayout, .dropUpstream, .decide(.agentHangup), .prepare([]), .order([]),
            ])
        let stop = probe.tell { $0.carrierEnded(.seen(.stop), at: $1) }
        #expect(stop == [.closeCarrier(code: 1000, reason: ""), .finish(.agentHangup)])
    }

    @Test("Last words that were heard already are not waited for")
    func heard() {
        var probe = MachineProbe.talking()
        probe.tell { $0.farewellAsked(at: $1) }
        probe.tell { $0.responseEnded(endOfPlayout: nil, at: $1) }
        #expect(probe.time(of: .decide(.agentHangup)) == 0)
    }

    @Test("An agent that says nothing any more is waited for 10 s")
    func wordless() {
        var probe = MachineProbe.talking()
        probe.tell { $0.farewellAsked(at: $1) }
        probe.pass(.seconds(20))
        #expect(probe.time(of: .decide(.agentHangup)) == 10_000)
    }

    @Test("A last mark that does not come is waited for 2 s past the end of the last word", arguments: [0, 1, 30])
    func noMark(seconds: Int) {
        var probe = MachineProbe.talking()
        probe.tell { $0.upstreamFinished(endOfPlayout: at(seconds * 1_000), at: $1) }
        probe.pass(.seconds(60))
        #expect(probe.time(of: .note(.farewellOverdue)) == seconds * 1_000 + 2_000)
        #expect(probe.time(of: .decide(.agentHangup)) == seconds * 1_000 + 2_000)
    }

    @Test("An end of playout that has passed counts from now")
    func passed() {
        var probe = MachineProbe.talking()
        probe.pass(.seconds(10))
        probe.tell { $0.upstreamFinished(endOfPlayout: at(1_000), at: $1) }
        probe.pass(.seconds(60))
        #expect(probe.time(of: .decide(.agentHangup)) == 12_000)
    }

    @Test("The caller's speech cancels it while there is somebody to listen", arguments: [false, true])
    func cancelled(isPlaying: Bool) {
        var probe = MachineProbe.talking()
        #expect(probe.tell { $0.callerSpoke(at: $1) } == [])
        probe.tell { $0.farewellAsked(at: $1) }
        if isPlaying { probe.tell { $0.responseEnded(endOfPlayout: at(3_000), at: $1) } }
        probe.pass(.milliseconds(500))
        #expect(probe.tell { $0.callerSpoke(at: $1) } == [.note(.farewellCancelled)])
        #expect(probe.tell { $0.playoutEnded(at: $1) } == [])
        #expect(probe.tell { $0.responseEnded(endOfPlayout: nil, at: $1) } == [])
        probe.pass(.seconds(60))
        #expect(probe.machine.isTalking)
        // And it may come again.
        #expect(probe.tell { $0.farewellAsked(at: $1) } == [.note(.farewellBegan)])
    }

    @Test("When the upstream has gone nobody is there to listen")
    func notCancelled() {
        var probe = MachineProbe.talking()
        let begin = probe.tell { $0.upstreamFinished(endOfPlayout: at(3_000), at: $1) }
        #expect(begin == [.note(.farewellBegan), .watchPlayout])
        #expect(probe.tell { $0.callerSpoke(at: $1) } == [])
        #expect(probe.tell { $0.playoutEnded(at: $1) }.contains(.decide(.agentHangup)))
    }

    @Test("An upstream that goes after the agent has said goodbye does not begin it anew")
    func goesDuringFarewell() {
        var probe = MachineProbe.talking()
        probe.tell { $0.farewellAsked(at: $1) }
        #expect(probe.tell { $0.upstreamFinished(endOfPlayout: at(3_000), at: $1) } == [.watchPlayout])
        #expect(probe.tell { $0.playoutEnded(at: $1) }.contains(.decide(.agentHangup)))
    }

    @Test("An upstream that is lost during it is not apologised for", arguments: [false, true])
    func lostDuringFarewell(isPlaying: Bool) {
        var probe = MachineProbe.talking()
        probe.tell { $0.farewellAsked(at: $1) }
        if isPlaying { probe.tell { $0.responseEnded(endOfPlayout: at(3_000), at: $1) } }
        #expect(probe.fail(.permanent) == [.note(.upstreamLost), .dropUpstream, .watchPlayout])
        #expect(probe.fail(.permanent) == [])
        probe.tell { $0.playoutEnded(at: $1) }
        #expect(probe.passToEnd() == .agentHangup)
        #expect(probe.steps.contains { $0.action == .prepare([]) })
    }

    @Test("No agent hangs up before it is there")
    func early() {
        var probe = MachineProbe.started()
        #expect(probe.tell { $0.farewellAsked(at: $1) } == [])
    }
}
