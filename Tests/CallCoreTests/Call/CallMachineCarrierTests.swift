import CallCore
import Testing
import Timeline

@Suite("Call machine: the carrier's end")
struct CallMachineCarrierTests {
    private typealias Step = MachineProbe.Step
    private static let ends: [(CarrierReport.SocketEnd, EndReason)] = [
        (.stop, .callerHangup), (.close(code: 1000), .callerHangup), (.close(code: 1001), .callerHangup),
        (.close(code: 1006), .carrierFailed), (.close(code: 1011), .carrierFailed), (.lost, .carrierFailed),
    ]

    @Test("Where nobody can be asked, what was seen decides at once", arguments: ends)
    func seen(end: CarrierReport.SocketEnd, reason: EndReason) {
        var probe = MachineProbe.talking()
        let actions = probe.tell { $0.carrierEnded(.seen(end), at: $1) }
        let closing: [CallAction] = end == .stop ? [.closeCarrier(code: 1000, reason: "")] : []
        #expect(actions == [.stopPlayout, .dropUpstream] + closing + [.finish(reason)])
    }

    @Test("Who can be asked is asked at once and after 1 and 2 s; answers that do not help leave it to what was seen")
    func asked() {
        for (end, reason) in Self.ends {
            var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: false))
            probe.tell { $0.carrierEnded(.seen(end), at: $1) }
            for status in [CallStatus.inProgress, nil, .ringing] {
                probe.tell { $0.carrierAnswered(status, at: $1) }
                if status != .ringing { probe.pass(.seconds(1)) }
            }
            #expect(
                probe.steps.suffix(5) == [
                    Step(0, .askCarrier), Step(1_000, .askCarrier), Step(2_000, .askCarrier),
                    Step(2_000, .note(.carrierUnheard)), Step(2_000, .finish(reason)),
                ])
        }
    }

    @Test(
        "A final status decides, asked for or told",
        arguments: [
            (CallStatus.completed, EndReason.callerHangup), (.failed, .carrierFailed), (.busy, .busy),
            (.noAnswer, .noAnswer), (.canceled, .canceled),
        ])
    func told(status: CallStatus, reason: EndReason) {
        for rules in [
            CallRules.carrier(canOrder: true, ownsCall: false), .carrier(canOrder: false, ownsCall: true),
        ] {
            var probe = MachineProbe.talking(rules)
            probe.tell { $0.carrierEnded(.seen(.lost), at: $1) }
            #expect(probe.tell { $0.carrierAnswered(status, at: $1) } == [.finish(reason)])
        }
    }

    @Test("Where a callback may come it is waited for even after REST did not help, and never past 5 s")
    func callback() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        probe.tell { $0.carrierEnded(.seen(.stop), at: $1) }
        for _ in 1...3 {
            probe.tell { $0.carrierAnswered(nil, at: $1) }
            probe.pass(.seconds(1))
        }
        #expect(!probe.machine.isOver)
        var told = probe
        #expect(told.tell { $0.carrierAnswered(.failed, at: $1) } == [.finish(.carrierFailed)])
        probe.pass(.seconds(2))
        #expect(probe.time(of: .finish(.callerHangup)) == 3_500)
    }

    @Test(
        "A carrier that answers nothing is not waited for past 5 s",
        arguments: [(true, true), (true, false), (false, true)]
    )
    func unheard(canOrder: Bool, ownsCall: Bool) {
        var probe = MachineProbe.talking(.carrier(canOrder: canOrder, ownsCall: ownsCall))
        probe.tell { $0.carrierEnded(.seen(.lost), at: $1) }
        probe.pass(.milliseconds(4_999))
        #expect(probe.finished == .carrierFailed)
        #expect(probe.steps.filter { $0.action == .askCarrier }.count == (canOrder ? 1 : 0))
    }

    @Test("An answer that was slow does not spend the next question's time twice")
    func slowAnswer() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        probe.tell { $0.carrierEnded(.seen(.lost), at: $1) }
        probe.pass(.milliseconds(1_500))
        probe.tell { $0.carrierAnswered(nil, at: $1) }
        probe.pass(.zero)
        probe.tell { $0.carrierAnswered(nil, at: $1) }
        probe.pass(.seconds(1))
        #expect(
            probe.steps.filter { $0.action == .askCarrier } == [
                Step(0, .askCarrier), Step(1_500, .askCarrier), Step(2_000, .askCarrier),
            ])
    }

    @Test("A socket that says stop is closed, and ended once")
    func stopThenClose() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        #expect(
            probe.tell { $0.carrierEnded(.seen(.stop), at: $1) } == [
                .stopPlayout, .dropUpstream, .closeCarrier(code: 1000, reason: ""), .askCarrier,
            ])
        #expect(probe.tell { $0.carrierEnded(.seen(.close(code: 1006)), at: $1) } == [])
        #expect(probe.passToEnd() == .callerHangup)
    }

    @Test("A carrier that falls silent or breaks the protocol is told by REST that the call is over")
    func abandoned() {
        for (end, reason) in [(CallMachine.CarrierEnd.silent, EndReason.silence), (.violation, .protocolError)] {
            for canOrder in [true, false] {
                var probe = MachineProbe.talking(.carrier(canOrder: canOrder, ownsCall: false))
                let order: [CallAction] = canOrder ? [.order([])] : []
                #expect(
                    probe.tell { $0.carrierEnded(end, at: $1) }
                        == [.stopPlayout, .dropUpstream, .decide(reason), .prepare([])] + order + [.finish(reason)])
            }
        }
    }

    @Test("A call that is over by the carrier's books is over, whatever its socket does")
    func reportedFirst() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        #expect(probe.tell { $0.carrierAnswered(.inProgress, at: $1) } == [])
        #expect(
            probe.tell { $0.carrierAnswered(.completed, at: $1) } == [
                .stopPlayout, .dropUpstream, .decide(.callerHangup), .closeCarrier(code: 1000, reason: ""),
            ])
        #expect(probe.passToEnd() == .callerHangup)
    }
}

@Suite("Call machine: a carrier's socket without a call")
struct CallMachineStartTests {
    @Test("No start is waited for 10 s")
    func noStart() {
        var probe = MachineProbe()
        probe.pass(.milliseconds(9_999))
        #expect(probe.steps.isEmpty)
        probe.pass(.milliseconds(1))
        #expect(
            probe.steps.map(\.action) == [
                .decide(.noStart), .closeCarrier(code: 1008, reason: "no start message came"),
            ])
        #expect(probe.tell { $0.started(at: $1) } == [])
        #expect(probe.tell { $0.carrierEnded(.seen(.close(code: 1008)), at: $1) } == [.finish(.noStart)])
    }

    @Test("A socket that ends before its start was no call, and one that broke the protocol did that")
    func endedBefore() {
        for (end, reason) in [
            (CallMachine.CarrierEnd.seen(.lost), EndReason.noStart), (.silent, .noStart), (.violation, .protocolError),
        ] {
            var probe = MachineProbe(.carrier(canOrder: true, ownsCall: true))
            #expect(probe.tell { $0.carrierEnded(end, at: $1) } == [.finish(reason)])
        }
    }

    @Test("A start that may not be, or a second one of another stream, closes the socket", arguments: [false, true])
    func refused(isTalking: Bool) {
        var probe = isTalking ? MachineProbe.talking() : MachineProbe()
        let released: [CallAction] = isTalking ? [.stopPlayout, .dropUpstream] : []
        #expect(
            probe.tell { $0.startRefused(.protocolError, saying: "no", at: $1) }
                == released + [.decide(.protocolError), .prepare([]), .closeCarrier(code: 1008, reason: "no")])
        #expect(probe.tell { $0.startRefused(.rejected, saying: "no", at: $1) } == [])
        #expect(probe.passToEnd() == .protocolError)
    }
}

@Suite("Call machine: time limits of the carrier's leg")
struct CallMachineLimitTests {
    @Test("No media frame at all ends it after 10 s")
    func firstMedia() {
        var probe = MachineProbe.talking()
        probe.hasFrames = false
        probe.pass(.seconds(60))
        #expect(probe.time(of: .decide(.silence)) == 10_000)
    }

    @Test("No more frames end it 60 s after the last one, to the millisecond")
    func frameless() {
        var probe = MachineProbe.talking()
        probe.hasFrames = false
        probe.lastFrame = .zero.advanced(by: .milliseconds(7_300))
        probe.pass(.seconds(30))
        probe.lastFrame = .zero.advanced(by: .milliseconds(29_100))
        probe.pass(.seconds(100))
        #expect(probe.time(of: .decide(.silence)) == 89_100)
    }

    @Test("A limit on frames of zero is none, whichever it is")
    func unlimited() {
        var noFirst = CallRules()
        noFirst.firstMedia = .zero
        var noSecond = CallRules()
        noSecond.frameless = .zero
        var neither = noFirst
        neither.frameless = .zero
        for (rules, hasFrame, end) in [
            (noFirst, false, 60_000), (noFirst, true, 61_000), (noSecond, false, 10_000), (noSecond, true, nil),
            (neither, false, nil), (neither, true, nil),
        ] as [(CallRules, Bool, Int?)] {
            var probe = MachineProbe.talking(rules)
            probe.hasFrames = false
            if hasFrame { probe.lastFrame = .zero.advanced(by: .seconds(1)) }
            probe.pass(.seconds(1_000))
            #expect(probe.time(of: .decide(.silence)) == end)
        }
    }

    @Test("The longest call ends by REST")
    func longest() {
        var rules = CallRules.carrier(canOrder: true, ownsCall: true)
        rules.longest = .seconds(1_800)
        var probe = MachineProbe.talking(rules)
        #expect(probe.passToEnd() == .maxDuration)
        #expect(probe.time(of: .order([])) == 1_800_000)
    }

    @Test(
        "The longest call counts from the answer, also on a later stream of the call; one without a limit has none",
        arguments: [
            (600, 1_800, 1_200_000), (0, 1_800, 1_800_000), (1_800, 1_800, 0), (5_000, 1_800, 0), (600, 0, nil),
        ] as [(Int, Int, Int?)])
    func longestOfAll(passed: Int, longest: Int, end: Int?) {
        var rules = CallRules.carrier(canOrder: true, ownsCall: true)
        rules.longest = .seconds(longest)
        var probe = MachineProbe.talking(rules)
        probe.machine.wentOn(after: .seconds(passed), at: probe.now)
        probe.pass(.seconds(10_000))
        #expect(probe.time(of: .decide(.maxDuration)) == end)
    }

    @Test("Somebody else may end it, with or without words")
    func asked() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: false))
        var silent = probe
        probe.tell { $0.hangUpAsked(.drainTimeout, saying: [.say("Bye.")], at: $1) }
        #expect(probe.time(of: .order([.say("Bye.")])) == 0)
        silent.tell { $0.hangUpAsked(.apiHangup, at: $1) }
        #expect(silent.time(of: .order([])) == 0)
        #expect(silent.tell { $0.hangUpAsked(.drainTimeout, at: $1) } == [])
        #expect(silent.passToEnd() == .apiHangup)
        var own = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        own.tell { $0.hangUpAsked(.drainTimeout, saying: [.say("Bye.")], at: $1) }
        #expect(own.time(of: .order([.say("Bye.")])) == 0, "who is asked what follows may be gone by then")
        var early = MachineProbe()
        early.tell { $0.hangUpAsked(.drainTimeout, at: $1) }
        #expect(early.time(of: .closeCarrier(code: 1001, reason: "")) == 0)
    }

    @Test("A process that ends leaves no call without a final status, and no socket without a word")
    func nodeEnds() {
        let goodbye = CallAction.closeCarrier(code: 1001, reason: "")
        var waiting = MachineProbe()
        #expect(waiting.tell { machine, _ in machine.nodeEnds() } == [goodbye, .finish(.noStart)])
        var talking = MachineProbe.talking()
        #expect(
            talking.tell { machine, _ in machine.nodeEnds() } == [
                .stopPlayout, .dropUpstream, .decide(.drainTimeout), goodbye, .finish(.drainTimeout),
            ])
        #expect(talking.tell { machine, _ in machine.nodeEnds() } == [])
        var leaving = MachineProbe.talking()
        leaving.tell { $0.hangUpAsked(.apiHangup, at: $1) }
        #expect(leaving.tell { machine, _ in machine.nodeEnds() } == [goodbye, .finish(.apiHangup)])
        var settling = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        settling.tell { $0.carrierEnded(.seen(.lost), at: $1) }
        #expect(settling.tell { machine, _ in machine.nodeEnds() } == [.finish(.carrierFailed)])
    }

    @Test("A carrier that was told and does not close is closed after 2 s, and cut off after 2 more")
    func lingers() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        probe.tell { $0.hangUpAsked(.apiHangup, at: $1) }
        probe.tell { $0.carrierObeyed(true, at: $1) }
        probe.pass(.seconds(10))
        #expect(
            probe.steps.suffix(4) == [
                MachineProbe.Step(2_000, .closeCarrier(code: 1000, reason: "")),
                MachineProbe.Step(4_000, .note(.carrierLingers)), MachineProbe.Step(4_000, .killCarrier),
                MachineProbe.Step(4_000, .finish(.apiHangup)),
            ])
    }

    @Test("An order that failed is replaced by the end of the stream at once")
    func disobeyed() {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        probe.tell { $0.hangUpAsked(.apiHangup, at: $1) }
        #expect(probe.tell { $0.carrierObeyed(false, at: $1) } == [.closeCarrier(code: 1000, reason: "")])
        #expect(probe.tell { $0.carrierObeyed(false, at: $1) } == [])
    }

    @Test("What ends meanwhile ends as it was decided", arguments: [CarrierReport.SocketEnd.stop, .lost])
    func decided(end: CarrierReport.SocketEnd) {
        var probe = MachineProbe.talking(.carrier(canOrder: true, ownsCall: true))
        probe.tell { $0.hangUpAsked(.apiHangup, at: $1) }
        #expect(probe.tell { $0.carrierAnswered(.failed, at: $1) } == [])
        #expect(probe.tell { $0.carrierEnded(.seen(end), at: $1) }.last == .finish(.apiHangup))
    }
}
