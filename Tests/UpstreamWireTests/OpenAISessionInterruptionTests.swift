import JSONWire
import MediaCore
import Testing
import UpstreamWire

@Suite("OpenAI session: agent audio and interruptions")
struct OpenAISessionInterruptionTests {
    @Test("Audio of one item keeps its number, the next item gets the next")
    func numbers() throws {
        var probe = try SessionProbe.ready()
        try probe.created("r1")
        try probe.item("a", in: "r1")
        try probe.item("b", in: "r1")
        let items = try ["a", "a", "b", "a"].map { try probe.audio($0, in: "r1").item?.number }
        #expect(items == [1, 1, 2, 1])
    }

    @Test("Audio of an item that was not announced, or written in an unusual way, is not lost")
    func slowWay() throws {
        var probe = try SessionProbe.ready()
        try probe.audio("new", in: "r1", bytes: 2)
        let text = #"{"type":"response.output_audio.delta","response_id":"r1","item_id":"new","delta":"\/w=="}"#
        try probe.receive(text)
        let item = AgentItem(number: 1)
        #expect(probe.events == [.agentAudio(item, [0xFF, 0xFF]), .agentAudio(item, [0xFF])])
        #expect(try probe.audio("new", in: "r1").item == item)
    }

    @Test("Audio that is no base64 is told")
    func noBase64() throws {
        var probe = try SessionProbe.ready()
        try probe.receive(#"{"type":"response.output_audio.delta","item_id":"x","delta":"!!!"}"#)
        #expect(probe.events.count == 1)
    }

    @Test("Audio before the formats are known is not played")
    func early() throws {
        var probe = SessionProbe()
        try probe.receive(ServerEvents.sessionCreated)
        #expect(try probe.audio("a", in: "r1") == .lateAudio)
    }

    @Test("With several items the heard one is cut where it was heard and the unheard ones are deleted")
    func severalItems() throws {
        var probe = try speaking(["a", "b", "c"])
        try probe.perform(.interrupt(cut(1, 700, unheard: [2, 3])))
        #expect(
            probe.sentTypes == [
                "conversation.item.truncate", "conversation.item.delete", "conversation.item.delete",
            ])
        #expect(try probe.sent[0].string("item_id") == "a")
        #expect(try probe.sent[0].integer("content_index") == 0)
        #expect(try probe.sent[0].integer("audio_end_ms") == 700)
        #expect(try probe.sent[1...].map { try $0.string("item_id") } == ["b", "c"])
    }

    @Test(
        "What is cut never lies past what came, and a cut that changes nothing is not sent",
        arguments: [
            (0, false, nil), (-5, false, nil), (999, false, 999), (5_000, false, 1_000), (950, true, 0),
            (899, true, 899),
        ]
            as [(Int, Bool, Int?)])
    func limits(heard: Int, isComplete: Bool, end: Int?) throws {
        var probe = try speaking(["a"])
        if isComplete { try probe.receive(#"{"type":"response.output_audio.done","item_id":"a"}"#) }
        try probe.perform(.truncate(AgentItem(number: 1), heard: Milliseconds(heard)))
        switch end {
        case nil: #expect(probe.sentTypes == ["conversation.item.delete"])
        case 0: #expect(probe.sent.isEmpty)
        case let end?: #expect(try probe.sent.first?.integer("audio_end_ms") == Int64(end))
        }
    }

    @Test("After an interruption late audio is fenced off, that of the next response is not")
    func fence() throws {
        var probe = try speaking(["a"])
        try probe.perform(.interrupt(cut(1, 100)))
        #expect(try probe.audio("a", in: "r1") == .lateAudio)
        try probe.item("late", in: "r1")
        #expect(try probe.audio("late", in: "r1") == .lateAudio)
        #expect(try probe.audio("unannounced", in: "r1") == .lateAudio)
        try probe.done("r1", "cancelled")
        try probe.created("r2")
        try probe.item("b", in: "r2")
        #expect(try probe.audio("b", in: "r2").item != nil)
    }

    @Test("Late audio is fenced off after its response has ended, too, of an item that nobody heard of")
    func fenceAfterTheEnd() throws {
        var probe = try speaking(["a"])
        try probe.perform(.interrupt(cut(1, 100)))
        try probe.done("r1", "cancelled")
        #expect(try probe.audio("unannounced", in: "r1") == .lateAudio)
    }

    @Test("All of a response is fenced off, also what the cut does not name")
    func wholeResponse() throws {
        var probe = try speaking(["a", "b"])
        try probe.perform(.interrupt(UpstreamCut()))
        #expect(try probe.audio("a", in: "r1") == .lateAudio)
        #expect(try probe.audio("b", in: "r1") == .lateAudio)
    }

    @Test("An item that came when its response was given up already is deleted, one that was cut is not")
    func unplayed() throws {
        var probe = try speaking(["a"])
        try probe.perform(.interrupt(cut(1, 100)))
        try probe.item("late", in: "r1")
        probe.forget()
        let output = #"[{"type":"message","id":"a"},{"type":"message","id":"late"}]"#
        try probe.done("r1", "cancelled", output: output)
        #expect(probe.sentTypes == ["conversation.item.delete"])
        #expect(try probe.sent[0].string("item_id") == "late")
    }

    @Test("Where the server stops speaking by itself, the call is told so", arguments: [true, false])
    func interrupted(interrupts: Bool) throws {
        var probe = try speaking(
            ["a", "b"], turnDetection: #"{"type":"server_vad","interrupt_response":\#(interrupts)}"#)
        try probe.receive(ServerEvents.inputAudioBufferSpeechStarted)
        let start = UpstreamEvent.callerSpeechStarted(at: Milliseconds(1_000))
        #expect(probe.events == (interrupts ? [start, .interrupted(through: AgentItem(number: 2))] : [start]))
    }

    @Test("The response is cancelled by its id where the server does not do that itself", arguments: [true, false])
    func cancel(interrupts: Bool) throws {
        var probe = try speaking(
            ["a"], turnDetection: #"{"type":"server_vad","interrupt_response":\#(interrupts)}"#)
        try probe.perform(.interrupt(UpstreamCut()))
        #expect(probe.sentTypes == (interrupts ? [] : ["response.cancel"]))
        if !interrupts { #expect(try probe.sent[0].string("response_id") == "r1") }
    }

    @Test("A response that was given up before it began is cancelled when it begins, and not played")
    func abandoned() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.respond())
        let id = try probe.requestID()
        try probe.perform(.interrupt(UpstreamCut()))
        probe.forget()
        try probe.created("r1", for: id)
        #expect(probe.sentTypes == ["response.cancel"])
        #expect(probe.events.isEmpty)
        try probe.item("a", in: "r1")
        #expect(try probe.audio("a", in: "r1") == .lateAudio)
    }

    @Test(
        "A refused cut is a warning",
        arguments: [
            ("item_truncate_invalid_item_id", ""), ("", "Audio content of 3700ms is already shorter than 3760ms"),
            ("invalid_value", "whatever"),
        ])
    func refusedCut(code: String, message: String) throws {
        var probe = try speaking(["a"])
        try probe.perform(.truncate(AgentItem(number: 1), heard: Milliseconds(500)))
        try probe.error(code: code, message: message, eventID: probe.sent[0].string("event_id"))
        #expect(probe.warnings.map(\.code) == ["upstream.truncation_refused"])
    }

    @Test("An item that is not known is a warning")
    func unknownItem() throws {
        var probe = try SessionProbe.ready()
        try probe.perform(.delete(AgentItem(number: 9)))
        #expect(probe.events == [.warning(.unknownItem)])
        #expect(probe.sent.isEmpty)
    }

    @Test("Only so many items are remembered, and the newest stay right")
    func manyItems() throws {
        var probe = try SessionProbe.ready()
        for number in 1...600 {
            try probe.item("i\(number)", in: "r")
            #expect(try probe.audio("i\(number)", in: "r", bytes: 3).item?.number == number)
        }
        try probe.perform(.delete(AgentItem(number: 600)))
        #expect(try probe.sent.last?.string("item_id") == "i600")
        try probe.perform(.delete(AgentItem(number: 1)))
        #expect(probe.events.last == .warning(.unknownItem))
    }

    private func cut(_ item: Int, _ heard: Int, unheard: [Int] = []) -> UpstreamCut {
        UpstreamCut(
            audible: .init(AgentItem(number: item), heard: Milliseconds(heard)),
            unheard: unheard.map { AgentItem(number: $0) })
    }

    /// A session in the middle of response `r1`, a second of audio for each item.
    private func speaking(_ items: [String], turnDetection: String = #"{"type":"server_vad"}"#) throws -> SessionProbe {
        var probe = try SessionProbe.ready(turnDetection: turnDetection)
        try probe.created("r1")
        for item in items {
            try probe.item(item, in: "r1")
            try probe.audio(item, in: "r1")
        }
        probe.forget()
        return probe
    }
}

@Suite("OpenAI session: tools")
struct OpenAISessionToolTests {
    private let call =
        #"{"type":"function_call","id":"i","status":"completed","name":"look","call_id":"c1","arguments":"{}"}"#
    private let second =
        #"{"type":"function_call","id":"j","status":"completed","name":"up","call_id":"c2","arguments":""}"#

    @Test("A call is told once, however often the server does")
    func once() throws {
        var probe = try SessionProbe.ready()
        try probe.created("r1")
        try probe.receive(#"{"type":"response.output_item.done","response_id":"r1","item":"# + call + "}")
        try probe.receive(ServerEvents.responseFunctionCallArgumentsDone)
        #expect(calls(probe).isEmpty)
        try probe.done("r1", output: "[\(call)]")
        #expect(calls(probe) == [UpstreamToolCall(id: "c1", name: "look", arguments: "{}")])
    }

    @Test("A call that only its own event told is not lost")
    func emptyOutput() throws {
        var probe = try SessionProbe.ready()
        try probe.created("r1")
        try probe.receive(#"{"type":"response.output_item.done","response_id":"r1","item":"# + call + "}")
        try probe.done("r1")
        #expect(calls(probe).map(\.id) == ["c1"])
    }

    @Test("The model goes on once, after the last answer")
    func parallel() throws {
        var probe = try SessionProbe.ready()
        try probe.created("r1")
        try probe.done("r1", output: "[\(call),\(second)]")
        try probe.perform(.toolResult(callID: "c2", output: "two"))
        #expect(probe.sentTypes == ["conversation.item.create"])
        try probe.perform(.toolResult(callID: "c1", output: "one"))
        #expect(probe.sentTypes == ["conversation.item.create", "conversation.item.create", "response.create"])
        let item = try probe.sent[1].object("item")
        #expect(try item.string("call_id") == "c1")
        #expect(try item.string("output") == "one")
    }

    @Test("A second answer, or one to nothing, is a warning and is not sent")
    func twice() throws {
        var probe = try SessionProbe.ready()
        try probe.done("r1", output: "[\(call)]")
        try probe.perform(.toolResult(callID: "c1", output: ""))
        probe.forget()
        try probe.perform(.toolResult(callID: "c1", output: ""))
        try probe.perform(.toolResult(callID: "no", output: ""))
        #expect(probe.sent.isEmpty)
        #expect(probe.events.count == 2)
    }

    @Test("A call of a cancelled response is answered and not run; an unfinished one is neither")
    func cancelled() throws {
        var probe = try SessionProbe.ready()
        try probe.created("r1")
        let unfinished = second.replacing("completed", with: "incomplete")
        try probe.done("r1", "cancelled", output: "[\(call),\(unfinished)]")
        #expect(calls(probe).isEmpty)
        #expect(probe.sentTypes == ["conversation.item.create"])
        #expect(try probe.sent[0].object("item").string("call_id") == "c1")
    }

    private func calls(_ probe: SessionProbe) -> [UpstreamToolCall] {
        probe.events.compactMap { event in
            if case .toolCall(let call) = event { call } else { nil }
        }
    }
}
