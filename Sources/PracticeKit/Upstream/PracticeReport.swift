public import JSONWire

/// Something that a person or a test who watches a practice upstream wants to know.
public enum PracticeReport: Hashable, Sendable {
    case opened(model: String, faults: [Fault])
    case refused(status: Int)
    case configured(input: String, output: String, detection: String?, tools: [String])
    case callerSpeaks(fromMilliseconds: Int)
    case callerSpoke(item: String, fromMilliseconds: Int, toMilliseconds: Int)
    case message(role: String, text: String)
    case responseStarted(response: String, turn: Int, pitches: [Double])
    case responseEnded(response: String, status: String, reason: String?, audioMilliseconds: Int)
    /// The caller spoke into a response; so much of it had been made.
    case interrupted(response: String, item: String?, generatedMilliseconds: Int)
    case truncated(item: String, audioEndMilliseconds: Int, generatedMilliseconds: Int)
    case deleted(item: String)
    case toolCalled(name: String, call: String, arguments: String)
    case toolAnswered(call: String, output: String, isError: Bool)
    /// An error event was sent.
    case error(code: String?, message: String)
    /// A fault that waited for its moment happens.
    case fault(Fault)
    case closed(code: Int, reason: String, byPeer: Bool, Totals)

    /// What one connection came to.
    public struct Totals: Hashable, Sendable {
        public var receivedMessages = 0
        public var sentMessages = 0
        /// Decoded bytes of caller audio, in the session's format.
        public var receivedAudioBytes = 0
        public var sentAudioBytes = 0
        public var responses = 0
        public var interruptions = 0
        public var truncations = 0
        /// Of ElevenLabs' own pings; OpenAI has none.
        public var pings = 0
        public var pongs = 0
        public var milliseconds = 0
    }

    public var name: String {
        switch self {
        case .opened: "connection.opened"
        case .refused: "connection.refused"
        case .configured: "session.configured"
        case .callerSpeaks: "caller.speaks"
        case .callerSpoke: "caller.spoke"
        case .message: "message"
        case .responseStarted: "response.started"
        case .responseEnded: "response.ended"
        case .interrupted: "interrupted"
        case .truncated: "truncated"
        case .deleted: "item.deleted"
        case .toolCalled: "tool.called"
        case .toolAnswered: "tool.answered"
        case .error: "error"
        case .fault: "fault"
        case .closed: "connection.closed"
        }
    }

    /// For a person, without a line's beginning.
    public var sentence: String {
        switch self {
        case .opened(let model, let faults):
            "opened for \(model)"
                + (faults.isEmpty ? "" : ", with \(faults.map(\.description).joined(separator: ", "))")
        case .refused(let status): "refused with \(status)"
        case .configured(let input, let output, let detection, let tools):
            "configured: hears \(input), speaks \(output), turns by \(detection ?? "hand")"
                + (tools.isEmpty ? "" : ", tools \(tools.joined(separator: ", "))")
        case .callerSpeaks(let start): "caller speaks from \(start) ms"
        case .callerSpoke(_, let start, let end): "caller spoke, \(start) to \(end) ms"
        case .message(let role, let text): "\(role) wrote: \(text)"
        case .responseStarted(_, let turn, let pitches):
            "turn \(turn): responds" + (pitches.isEmpty ? "" : " at \(Self.list(pitches)) Hz")
        case .responseEnded(_, let status, let reason, let length):
            "response \(status)\(reason.map { " (\($0))" } ?? ""), \(length) ms of audio"
        case .interrupted(_, _, let generated): "interrupted with \(generated) ms made"
        case .truncated(let item, let end, let generated): "truncated \(item) at \(end) ms of \(generated)"
        case .deleted(let item): "deleted \(item)"
        case .toolCalled(let name, _, let arguments): "calls \(name) \(arguments)"
        case .toolAnswered(_, let output, let isError): "was answered \(isError ? "with an error: " : "")\(output)"
        case .error(let code, let message): "says error \(code ?? "without a code"): \(message)"
        case .fault(let fault): "misbehaves: \(fault)"
        case .closed(let code, let reason, let byPeer, let totals):
            "closed \(code)\(reason.isEmpty ? "" : " (\(reason))") by \(byPeer ? "the peer" : "us"), heard "
                + "\(totals.receivedAudioBytes) bytes, said \(totals.sentAudioBytes)"
        }
    }

    private static func list(_ pitches: [Double]) -> String {
        pitches.map { String(Int($0)) }.joined(separator: " and ")
    }
}

extension PracticeReport {
    /// For a program: what its line holds beside the name.
    public var members: [(name: String, value: JSONValue)] {
        switch self {
        case .opened(let model, let faults):
            [("model", .string(model)), ("faults", .array(faults.map { .string($0.description) }))]
        case .refused(let status): [("status", .integer(status))]
        case .configured(let input, let output, let detection, let tools):
            [
                ("input", .string(input)), ("output", .string(output)), ("turn_detection", .optional(detection)),
                ("tools", .array(tools.map(JSONValue.string))),
            ]
        case .callerSpeaks(let start): [("from_ms", .integer(start))]
        case .callerSpoke(let item, let start, let end):
            [("item_id", .string(item)), ("from_ms", .integer(start)), ("to_ms", .integer(end))]
        case .message(let role, let text): [("role", .string(role)), ("text", .string(text))]
        case .responseStarted(let response, let turn, let pitches):
            [
                ("response_id", .string(response)), ("turn", .integer(turn)),
                ("pitches_hz", .array(pitches.map(JSONValue.double))),
            ]
        case .responseEnded(let response, let status, let reason, let length):
            [
                ("response_id", .string(response)), ("status", .string(status)), ("reason", .optional(reason)),
                ("audio_ms", .integer(length)),
            ]
        case .interrupted(let response, let item, let generated):
            [
                ("response_id", .string(response)), ("item_id", .optional(item)), ("generated_ms", .integer(generated)),
            ]
        case .truncated(let item, let end, let generated):
            [
                ("item_id", .string(item)), ("audio_end_ms", .integer(end)), ("generated_ms", .integer(generated)),
            ]
        case .deleted(let item): [("item_id", .string(item))]
        case .toolCalled(let name, let call, let arguments):
            [("tool", .string(name)), ("call_id", .string(call)), ("arguments", .string(arguments))]
        case .toolAnswered(let call, let output, let isError):
            [("call_id", .string(call)), ("output", .string(output)), ("is_error", .bool(isError))]
        case .error(let code, let message): [("code", .optional(code)), ("message", .string(message))]
        case .fault(let fault): [("fault", .string(fault.description))]
        case .closed(let code, let reason, let byPeer, let totals):
            [
                ("code", .integer(code)), ("reason", .string(reason)), ("by", .string(byPeer ? "peer" : "us")),
                ("received_messages", .integer(totals.receivedMessages)),
                ("sent_messages", .integer(totals.sentMessages)),
                ("received_audio_bytes", .integer(totals.receivedAudioBytes)),
                ("sent_audio_bytes", .integer(totals.sentAudioBytes)), ("responses", .integer(totals.responses)),
                ("interruptions", .integer(totals.interruptions)), ("truncations", .integer(totals.truncations)),
                ("pings", .integer(totals.pings)), ("pongs", .integer(totals.pongs)),
                ("lasted_ms", .integer(totals.milliseconds)),
            ]
        }
    }
}
