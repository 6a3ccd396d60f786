import MediaCore
import Testing
import Timeline
import UpstreamWire

@Suite("ElevenLabs session: interruption")
struct ElevenLabsInterruptionTests {
    /// What is played of a script such as `1 2 !2 1`: the numbers of audio that may be played, and `!` where playing stops.
    private func played(_ script: String, dropsEqual: Bool = false) throws -> String {
        var probe = try ElevenLabsProbe.ready(dropsEqual: dropsEqual)
        var played: [String] = []
        for step in script.split(separator: " ") {
            if step.hasPrefix("!") {
                let before = probe.events.count
                try probe.interrupt(Int(step.dropFirst()) ?? 0)
                let stops = probe.events[before...].contains { if case .interrupted = $0 { true } else { false } }
                if stops { played.append("!") }
            } else if try probe.audio(Int(step) ?? 0).item != nil {
                played.append(String(step))
            }
        }
        return played.joined(separator: " ")
    }

    @Test(
        "Audio older than an interruption is stale, audio of the same number is not",
        arguments: [
            ("1 2 !2 1 2 3", "1 2 ! 2 3"),  // The script of the protocol's sheet.
            ("1 1 1 !1 1", "1 1 1 ! 1"),
            ("5 !3 4 5 2", "5 4 5"),  // Older than all that is known: nothing stops.
            ("1 !4 2 3 4 5", "1 ! 4 5"),
            ("1 !4 !2 3 4", "1 ! ! 4"),  // A cutoff never goes back.
            ("!0 0 1", "0 1"),
        ])
    func staleness(script: String, expected: String) throws {
        #expect(try played(script) == expected)
    }

    @Test("Where it is set so, audio of the same number is stale, too")
    func strict() throws {
        #expect(try played("1 2 !2 1 2 3", dropsEqual: true) == "1 2 ! 3")
    }

    @Test("An interruption names the newest item that it stops, and newer ones go on")
    func newest() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(1)
        try probe.audio(2)
        try probe.audio(5)
        try probe.interrupt(3)
        #expect(probe.events == [.callerSpeechStarted(at: nil), .interrupted(through: AgentItem(number: 2))])
        #expect(try probe.audio(5).item == AgentItem(number: 3))
        probe.forget()
        try probe.interrupt(5)
        #expect(
            probe.events == [
                .callerSpeechStarted(at: nil), .interrupted(through: AgentItem(number: 3)),
                .responseEnded(.interrupted),
            ])
    }

    @Test("What came to its end long ago is stopped, too, since it may still be heard")
    func endedAnswer() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(1)
        try probe.pass(.seconds(1))
        probe.forget()
        try probe.interrupt(1)
        #expect(probe.events == [.callerSpeechStarted(at: nil), .interrupted(through: AgentItem(number: 1))])
    }

    @Test("An interruption or a ping without a number is a broken message, and changes nothing")
    func unnumbered() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(3)
        for text in [
            #"{"type":"interruption","interruption_event":{}}"#, #"{"type":"interruption"}"#,
            #"{"type":"ping","ping_event":null}"#, #"{"type":"ping","ping_event":{"event_id":null}}"#,
        ] {
            try probe.receive(text)
        }
        #expect(probe.warnings.map(\.code) == Array(repeating: "upstream.unexpected_field", count: 4))
        #expect(probe.events.count == 4 && probe.sent.isEmpty)
        #expect(try probe.audio(3).item == AgentItem(number: 1))
    }

    @Test("After an interruption the same number is another item")
    func sameNumber() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.audio(4)
        try probe.interrupt(4)
        #expect(try probe.audio(4).item == AgentItem(number: 2))
    }

    /// `1` is a piece of audio, `…` a pause that looks like an end, `!1` an interruption.
    @Test(
        "What comes behind a pause is the rest of an answer where it has its number and nothing stopped that",
        arguments: [
            ("1 … 1", true), ("1 … 2", false), ("1 … !1 1", false), ("2 … !1 2", true),
            // Each piece has a number of its own.
            ("1 2 3 4 5 6 … 7", true),
        ], [false, true])
    func rest(script: (String, Bool), protectsGreeting: Bool) throws {
        var probe = try ElevenLabsProbe.ready(protectsGreeting: protectsGreeting)
        var items: [AgentItem] = []
        for step in script.0.split(separator: " ") {
            if step.hasPrefix("!") {
                try probe.interrupt(Int(step.dropFirst()) ?? 0)
            } else if step == "…" {
                try probe.pass(.seconds(1))
            } else {
                items.append(try #require(try probe.audio(Int(step) ?? 0).item))
            }
        }
        let (last, earlier) = (items[items.count - 1], items[items.count - 2])
        #expect(last != earlier)
        #expect(probe.session.mayBeRest(last, of: earlier) == script.1)
    }

    @Test("A protected greeting is not stopped until it was heard")
    func protectedGreeting() throws {
        var probe = try ElevenLabsProbe.ready(protectsGreeting: true)
        try probe.audio(1)
        try probe.interrupt(1)
        #expect(probe.events == [.callerSpeechStarted(at: nil)])
        #expect(try probe.audio(1).item == AgentItem(number: 1))
        try probe.perform(.allowInterruptions)
        try probe.interrupt(1)
        #expect(probe.events.contains(.interrupted(through: AgentItem(number: 1))))
    }
}
