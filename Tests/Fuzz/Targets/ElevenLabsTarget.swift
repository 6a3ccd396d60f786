import JSONWire
import MediaCore
import Timeline
import UpstreamWire

/// The scan for agent audio finds what a whole reading finds, wherever that succeeds, and no message brings a conversation
/// into a state that it cannot go on from.
@Sendable
func fuzzElevenLabs(_ input: inout FuzzInput) {
    let choice = input.choice()
    let (whole, slices) = input.stream()
    compare(whole)
    // One message a line, or as the slices fall.
    converse(choice & 1 == 0 ? whole.split(separator: UInt8(ascii: "\n")).map { Array($0) } : slices, choice)
}

private func compare(_ text: [UInt8]) {
    let audio = ElevenLabsAudioEvent(scanning: text.span)
    let limits = JSONValue.Limits(bytes: ElevenLabsServerEvent.messageLimit)
    guard let object = try? JSONObject(parsing: text.span, limits: limits) else {
        // Text that is no UTF-8 is the one thing that the scan may take: the WebSocket has refused it before.
        require(audio == nil || (try? UTF8Span(validating: text.span)) == nil, "audio in what is no JSON")
        return
    }
    let event = try? ElevenLabsServerEvent(reading: text.span)
    guard let audio else {
        if case .audio = event { require(isUnusual(object, text), "an ordinary audio event was not found") }
        return
    }
    guard case .audio(let eventID, let base64) = event else { fatalError("the scan found audio in another event") }
    require(eventID == audio.eventID, "event ids differ")
    require(base64 == String(decoding: text[audio.base64], as: UTF8.self), "payloads differ")
}

/// An escape in one of the texts, or an id that is not written as plain digits.
private func isUnusual(_ object: JSONObject, _ text: [UInt8]) -> Bool {
    let inner = try? object.object("audio_event")
    let id: JSONNumber? = (try? inner?.optionalExactNumber("event_id")) ?? nil
    return text.contains(UInt8(ascii: "\\"))
        || (id.map { $0.text.utf8.contains { !(0x30...0x39).contains($0) } } ?? false)
}

/// Whatever the server says, a conversation ends at most once, last, and then nothing more is sent; items never go back.
private func converse(_ messages: [[UInt8]], _ choice: UInt8) {
    let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    let past = choice & 8 == 0 ? [] : [UpstreamPastTurn(.caller, "Hello?")]
    var session = ElevenLabsSession(
        UpstreamSetup(agent: UpstreamAgent(), formats: formats, pastTurns: past, protectsGreeting: choice & 4 == 0))
    var endings = 0
    var now = Instant.zero
    func take(_ output: UpstreamOutput) {
        require(endings == 0 || output == UpstreamOutput(), "something came after the end")
        for event in output.events {
            if case .ended = event { endings += 1 }
        }
        for message in output.messages {
            require((try? JSONObject(parsing: message.span)) != nil, "a message of ours is no JSON")
        }
    }
    take(session.opened(at: now))
    if choice & 2 == 0 {
        let metadata = #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{}}"#
        if case .other(let output) = session.receive(metadata.utf8.span, at: now) { take(output) }
    }
    for (number, message) in messages.prefix(64).enumerated() {
        now = now.advanced(by: .milliseconds(300 * Int(choice >> 4)))
        switch session.receive(message.span, at: now) {
        case .audio(_, let base64):
            require(endings == 0, "audio after the end")
            require(base64.upperBound <= message.count, "audio beyond the message")
        case .lateAudio: break
        case .other(let output): take(output)
        }
        if session.deadline.isReached(at: now) { take(session.deadlineReached(at: now)) }
        require(!session.deadline.isReached(at: now), "a deadline that was told stays")
        take(session.perform(command(number), at: now))
    }
    take(session.closed(code: choice & 1 == 0 ? 1006 : 1000, reason: "", at: now))
    require(endings == 1, "a conversation ended \(endings) times")
}

private func command(_ number: Int) -> UpstreamCommand {
    switch number % 6 {
    case 0: .greet
    case 1: .interrupt(UpstreamCut(unheard: [AgentItem(number: 2)]))
    case 2: .toolResult(callID: "t1", output: #"{"error":1}"#)
    case 3: .respond(instructions: "Go on.")
    case 4: .allowInterruptions
    default: .digits("1")
    }
}
