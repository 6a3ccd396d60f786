import CallCore
import Testing
import Timeline

@Suite("How a call gets to the carrier")
struct DialMachineTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static let unclear = DialFailure(.unclear, "lost")
    private static let refused = DialFailure(.refused, carrierCode: 21_215, "no")

    private static func at(_ seconds: Double) -> Instant {
        start.advanced(byNanoseconds: Int64(seconds * 1e9))
    }

    private static func dialling(_ rules: DialRules = DialRules()) -> DialMachine {
        var machine = DialMachine(rules, wasTried: false, at: start)
        #expect(machine.timeCame(at: start) == .dial)
        return machine
    }

    @Test("What the carrier took is its own, and the machine is over")
    func taken() {
        var machine = Self.dialling()
        #expect(machine.dialled(.success("CA1"), at: Self.start) == .attach("CA1"))
        #expect(machine.isOver)
    }

    @Test("What was refused is not tried again")
    func refusal() {
        var machine = Self.dialling()
        #expect(machine.dialled(.failure(Self.refused), at: Self.start) == .giveUp(Self.refused))
        #expect(machine.isOver && Self.refused.code == "carrier.21215")
    }

    @Test("After a lost answer it is looked for three times before anything is dialled again")
    func lost() {
        var machine = Self.dialling()
        #expect(machine.dialled(.failure(Self.unclear), at: Self.start) == .wait(until: Self.at(1)))
        for (now, next) in [(1.0, 3.0), (3, 6)] {
            #expect(machine.timeCame(at: Self.at(now - 0.1)) == .wait(until: Self.at(now)))
            #expect(machine.timeCame(at: Self.at(now)) == .look)
            #expect(machine.looked(.nothing, at: Self.at(now)) == .wait(until: Self.at(next)))
        }
        #expect(machine.timeCame(at: Self.at(6)) == .look)
        #expect(machine.looked(.nothing, at: Self.at(6)) == .wait(until: Self.at(7)))
        #expect(machine.timeCame(at: Self.at(7)) == .dial)
    }

    @Test("A call that is found is not dialled again", arguments: 0..<3)
    func found(look: Int) {
        var machine = Self.dialling()
        _ = machine.dialled(.failure(Self.unclear), at: Self.start)
        let times = [1.0, 3, 6]
        for time in times[..<look] {
            _ = machine.timeCame(at: Self.at(time))
            _ = machine.looked(.nothing, at: Self.at(time))
        }
        #expect(machine.timeCame(at: Self.at(times[look])) == .look)
        #expect(machine.looked(.call("CA1"), at: Self.at(times[look])) == .attach("CA1"))
    }

    @Test("While the carrier does not say what it has, nothing is dialled, however long that takes")
    func silent() {
        var machine = Self.dialling()
        var action = machine.dialled(.failure(Self.unclear), at: Self.start)
        var pauses: [Double] = []
        for _ in 0..<8 {
            guard case .wait(let until) = action else {
                Issue.record("\(action)")
                return
            }
            #expect(machine.timeCame(at: until) == .look)
            action = machine.looked(nil, at: until)
            if case .wait(let next) = action { pauses.append(Double(until.nanoseconds(to: next)) / 1e9) }
        }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
    }

    @Test("One that somebody else tried is looked for first")
    func tried() {
        var machine = DialMachine(DialRules(), wasTried: true, at: Self.start)
        #expect(machine.timeCame(at: Self.start) == .look)
        #expect(machine.looked(.nothing, at: Self.start) == .wait(until: Self.at(3)))
    }

    @Test("Lost answers are risked three times at most")
    func threeTimes() {
        var machine = Self.dialling()
        var dials = 1
        var action = machine.dialled(.failure(Self.unclear), at: Self.start)
        for _ in 0..<100 {
            switch action {
            case .wait(let until): action = machine.timeCame(at: until)
            case .look: action = machine.looked(.nothing, at: Self.at(Double(dials) * 10))
            case .dial:
                dials += 1
                action = machine.dialled(.failure(Self.unclear), at: Self.at(Double(dials) * 10))
            case .attach, .giveUp:
                #expect(action == .giveUp(Self.unclear) && dials == 3)
                return
            }
        }
        Issue.record("it never ends")
    }

    @Test("A carrier that takes no calls now is asked again for a minute, as late as it says")
    func notNow() {
        var machine = Self.dialling()
        let failure = DialFailure(.notNow(after: .seconds(5)), carrierCode: 20_429, "too many")
        #expect(machine.dialled(.failure(failure), at: Self.start) == .wait(until: Self.at(5)))
        #expect(machine.timeCame(at: Self.at(5)) == .dial)
        let soon = DialFailure(.notNow(after: nil), "later")
        #expect(machine.dialled(.failure(soon), at: Self.at(5)) == .wait(until: Self.at(7)))
        #expect(machine.timeCame(at: Self.at(7)) == .dial)
        let late = DialFailure(.notNow(after: .seconds(54)), "later")
        #expect(machine.dialled(.failure(late), at: Self.at(7)) == .giveUp(late))
    }
}
