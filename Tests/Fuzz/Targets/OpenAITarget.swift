import JSONWire
import MediaCore
import Timeline
import UpstreamWire

/// The scan for agent audio finds what a whole reading finds, wherever that succeeds, and no message brings a session
/// into a state that it cannot go on from.
@Sendable
func fuzzOpenAI(_ input: inout FuzzInput) {
    let choice = input.choice()
    let (whole, slices) = input.stream()
    compare(whole)
    // One message a line, or as the slices fall.
    converse(choice & 1 == 0 ? whole.split(separator: UInt8(ascii: "\n")).map { Array($0) } : slices, choice)
}

private func compare(_ text: [UInt8]) {
    let delta = OpenAIAudioDelta(scanning: text.span)
    let limits = JSONValue.Limits(bytes: OpenAIServerEvent.messageLimit)
    guard let object = try? JSONObject(parsing: text.span, limits: limits) else {
        // Text that is no UTF-8 is the one thing that the scan may take: the WebSocket has refused it before.
        require(delta == nil || (try? UTF8Span(validating: text.span)) == nil, "a delta in what is no JSON")
        return
    }
    let event = try? OpenAIServerEvent(reading: text.span)
    guard let delta else {
        if case .audioDelta = event { require(isUnusual(object, text), "an ordinary delta was not found") }
        return
    }
    guard case .audioDelta(let part, let base64) = event else { fatalError("the scan found a delta in another event") }
    require(part.itemID == string(delta.itemID, text), "item ids differ")
    require((part.responseID ?? "") == string(delta.responseID, text), "response ids differ")
    require(part.contentIndex == delta.contentIndex, "content indices differ")
    require(base64 == string(delta.base64, text), "payloads differ")
}

/// An escape in one of the texts, or an index that is not written as plain digits.
private func isUnusual(_ object: JSONObject, _ text: [UInt8]) -> Bool {
    let index: JSONNumber? = (try? object.optionalExactNumber("content_index")) ?? nil
    return text.contains(UInt8(ascii: "\\"))
        || (index.map { $0.text.utf8.contains { !(0x30...0x39).contains($0) } } ?? false)
}

private func string(_ range: Range<Int>, _ text: [UInt8]) -> String {
    String(decoding: text[range], as: UTF8.self)
}

/// Whatever the server says, a session ends at most once, last, and then sends nothing more.
private func converse(_ messages: [[UInt8]], _ choice: UInt8) {
    let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    var session = OpenAISession(
        UpstreamSetup(agent: UpstreamAgent(), formats: formats, protectsGreeting: choice & 4 == 0))
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
    if choice & 2 == 0 {
        for text in [#"{"type":"session.created","session":{}}"#, #"{"type":"session.updated","session":{}}"#] {
            if case .other(let output) = session.receive(text.utf8.span, at: now) { take(output) }
        }
    }
    for (number, message) in messages.prefix(32).enumerated() {
        now = now.advanced(by: .seconds(Int(choice >> 4)))
        switch session.receive(message.span, at: now) {
        case .audio(_, let base64): require(base64.upperBound <= message.count, "audio beyond the message")
        case .lateAudio: break
        case .other(let output): take(output)
        }
        if session.deadline.isReached(at: now) { take(session.deadlineReached(at: now)) }
        take(session.perform(command(number), at: now))
    }
    take(session.closed(code: 1006, reason: "", at: now))
    require(endings == 1, "a session ended \(endings) times")
}

private func command(_ number: Int) -> UpstreamCommand {
    let item = AgentItem(number: number / 4 + 1)
    return switch number % 7 {
    case 0: .greet
    case 1: .interrupt(UpstreamCut(audible: .init(item, heard: Milliseconds(20)), unheard: [AgentItem(number: 2)]))
    case 2: .toolResult(callID: "call_1", output: "x")
    case 3: .respond(instructions: "Go on.")
    case 4: .digits("1")
    case 5: .allowInterruptions
    default: .cancelResponse
    }
}
