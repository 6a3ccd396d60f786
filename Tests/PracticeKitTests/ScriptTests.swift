import PracticeKit
import Testing
import Timeline

@Suite("Phone scripts")
struct PhoneScriptTests {
    @Test(
        "Each form is understood",
        arguments: [
            ("speak", .speak(Speech())),
            ("speak 2s pitch 440 level -20", .speak(Speech(.voice(pitch: 440), for: .seconds(2), level: -20))),
            ("speak tone 997.5 for 500ms", .speak(Speech(.tone(pitch: 997.5), for: .milliseconds(500)))),
            ("speak file a.wav # said first", .speak(Speech(.file("a.wav")))),
            ("wait agent", .wait(.agent, within: .seconds(10))),
            ("wait agent within 3s", .wait(.agent, within: .seconds(3))),
            ("wait silence 800ms", .wait(.silence(.milliseconds(800)), within: .seconds(30))),
            ("wait end 1001 within 2m", .wait(.end(code: 1_001), within: .seconds(120))),
            ("wait clear", .wait(.clear, within: .seconds(10))),
            (
                "interrupt after 800ms",
                .interrupt(after: .milliseconds(800), Speech(for: .seconds(1)), within: .seconds(10))
            ),
            (
                "interrupt after 1.5s speak 2s tone 300 within 4s",
                .interrupt(
                    after: .milliseconds(1_500), Speech(.tone(pitch: 300), for: .seconds(2)), within: .seconds(4))
            ),
            ("press 12*#", .press("12*#")),
            ("pause 1s", .pause(.seconds(1))),
            ("hang up", .hangUp), ("reset", .reset), ("half-open", .halfOpen(.seconds(30))),
            ("half-open 2s", .halfOpen(.seconds(2))),
            ("jitter 30ms", .jitter(.milliseconds(30))), ("lose 5%", .lose(share: 0.05)),
            (#"send {"event":"x", "n": 1} # kept"#, .send(#"{"event":"x", "n": 1} # kept"#)),
            ("send binary 00fF", .sendBinary([0, 255])),
            ("expect tone 440 within 1s", .expect(.tone(440), within: .seconds(1))),
            ("expect silence", .expectNo(.agent, during: .seconds(1))),
            ("expect no clear 2s", .expectNo(.clear, during: .seconds(2))),
            ("expect end 1000", .expect(.end(code: 1_000), within: .seconds(5))),
        ] as [(String, PhoneAction)])
    func forms(text: String, action: PhoneAction) throws {
        let script = try PhoneScript("# a remark\n\n  \(text)")
        #expect(script.steps.map(\.action) == [action])
        #expect(script.steps[0].line == 3)
    }

    @Test(
        "What is not understood is said with its line",
        arguments: [
            ("", 1, "no steps"), ("speek 2s", 1, "did you mean 'speak'"), ("pause", 1, "expected a pause"),
            ("pause 2", 1, "is no time"), ("pause 1h", 1, "is no time"), ("hang", 1, "'up' is missing"),
            ("reset\nwait noise", 2, "'noise' is no event"), ("press x", 1, "needs keys"), ("press", 1, "needs keys"),
            ("lose 5", 1, "share"), ("lose 101%", 1, "share"), ("speak tone 9000", 1, "from 50.0 to 3900.0"),
            ("speak 2s loud", 1, "'loud' is too much"), ("reset now", 1, "'now' is too much"),
            ("send", 1, "needs a message"), ("send binary 0", 1, "pairs of hex"),
            ("interrupt 1s", 1, "'after' is missing"),
        ])
    func problems(text: String, line: Int, problem: String) {
        #expect {
            _ = try PhoneScript(text)
        } throws: { error in
            guard let error = error as? PhoneScriptError else { return false }
            return error.line == line && error.message.contains(problem)
        }
    }
}

@Suite("Script machine")
struct ScriptMachineTests {
    /// A machine with a clock and facts of its own, moved in steps of 20 ms.
    private struct World {
        var machine: ScriptMachine
        var now = Instant.zero
        var facts = PhoneFacts()

        init(_ text: String) throws {
            machine = ScriptMachine(try PhoneScript(text), at: .zero)
        }

        mutating func run(_ milliseconds: Int) -> [ScriptMachine.Command] {
            var commands: [ScriptMachine.Command] = []
            for _ in 0..<milliseconds / 20 {
                now = now.advanced(by: .milliseconds(20))
                commands += machine.advance(at: now, facts)
            }
            return commands
        }
    }

    @Test("The usual script goes from greeting to hanging up")
    func usual() throws {
        var world = try World(PhoneScript.usualText)
        #expect(world.run(1_000) == [])
        world.facts.agentSince = world.now
        #expect(world.run(1_000) == [])
        world.facts.agentHeard = world.now
        world.facts.agentSince = nil
        #expect(world.run(780) == [])
        #expect(world.run(40) == [.say(Speech())])
        world.facts.callerSpeaks = true
        #expect(world.run(2_000) == [])
        world.facts.callerSpeaks = false
        #expect(world.run(500) == [])
        world.facts.agentSince = world.now
        #expect(world.run(780) == [])
        #expect(world.run(40) == [.say(Speech(for: .seconds(1)))])
        world.facts.callerSpeaks = true
        #expect(world.run(1_000) == [])
        world.facts.callerSpeaks = false
        #expect(world.run(500) == [], "the old reply goes on: that is not the new one")
        #expect(world.machine.step?.text == "wait agent")
        world.facts.agentSince = world.now
        #expect(world.run(20) == [])
        world.facts.agentHeard = world.now
        world.facts.agentSince = nil
        let last = world.run(1_000).last
        #expect(last == .hangUp)
        #expect(world.machine.step == nil)
    }

    @Test("Waiting in vain ends the call, expecting in vain does not")
    func patience() throws {
        var waiting = try World("wait agent within 1s\npress 1")
        #expect(waiting.run(1_000) == [])
        let commands = waiting.run(20)
        #expect(commands.count == 2 && commands.last == .hangUp)
        #expect(waiting.run(1_000) == [])
        var expecting = try World("expect agent within 1s\npress 1")
        let others = expecting.run(1_100)
        #expect(others.count == 2 && others.last == .press("1"))
        guard case .fail(let step, _)? = others.first else {
            Issue.record("no failure")
            return
        }
        #expect(step.line == 1 && step.text == "expect agent within 1s")
    }

    @Test("Keys are pressed one after the other, 100 ms apart")
    func keys() throws {
        var world = try World("press 42\nreset")
        #expect(world.run(20) == [.press("4")])
        #expect(world.run(80) == [])
        #expect(world.run(20) == [.press("2")])
        #expect(world.run(200) == [.reset])
    }

    @Test("What must stay away is waited out, and reported when it comes")
    func staysAway() throws {
        var quiet = try World("expect silence 1s\npress 1")
        #expect(quiet.run(1_000) == [])
        #expect(quiet.run(40) == [.press("1")])
        var loud = try World("expect silence 1s\npress 1")
        #expect(loud.run(500) == [])
        loud.facts.agentHeard = loud.now.advanced(by: .milliseconds(1))
        let loudCommands = loud.run(40)
        #expect(loudCommands.count == 2)
        var cleared = try World("expect no clear 1s\npress 1")
        #expect(cleared.run(500) == [])
        cleared.facts.lastClear = cleared.now
        let clearedCommands = cleared.run(40)
        #expect(clearedCommands.count == 2)
    }

    @Test("Settings and messages take effect in their order, one a tick")
    func order() throws {
        var world = try World("jitter 30ms\nlose 5%\nsend x\nsend binary 01\nhalf-open 2s\npress 1")
        #expect(
            world.run(200) == [
                .jitter(.milliseconds(30)), .lose(share: 0.05), .send("x"), .sendBinary([1]), .halfOpen(.seconds(2)),
            ])
        #expect(world.machine.step == nil, "nothing follows a dead line")
    }

    @Test(
        "The bridge's end is what the script waits for, or it is a failure",
        arguments: [
            ("wait end", 1_000, true, false), ("wait end 1000", 1_000, true, false),
            ("wait end 1000", 1_001, true, true),
            ("expect end 1001 within 1s", 1_001, true, false), ("expect no end 1s", 1_000, true, true),
            ("wait agent", 1_000, false, false),
        ] as [(String, UInt16, Bool, Bool)])
    func streamEnd(text: String, code: UInt16, isExpected: Bool, isFailure: Bool) throws {
        var world = try World(text)
        _ = world.run(100)
        let meeting = world.machine.streamEnded(code: code)
        #expect(meeting.wasExpected == isExpected)
        #expect((meeting.failure != nil) == isFailure)
    }

    @Test(
        "What is left when the call is over fails, unless it asks for nothing",
        arguments: [
            ("pause 1s\nhang up", false), ("pause 1s\nwait end 1000", false), ("pause 1s\nwait end 1001", true),
            ("pause 1s\nexpect silence\nhang up", false), ("pause 1s\nspeak", true), ("wait agent", true),
            ("pause 1s\npress 5", true),
        ])
    func callEnd(text: String, isFailure: Bool) throws {
        var world = try World(text)
        _ = world.run(100)
        let failure = world.machine.callEnded(code: 1_000)
        #expect((failure != nil) == isFailure)
    }
}
