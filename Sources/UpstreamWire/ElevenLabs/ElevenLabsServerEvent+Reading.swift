public import JSONWire
internal import Wording

extension ElevenLabsServerEvent {
    /// The longest message that is read: a whole answer may come in one.
    public static let messageLimit = 16 << 20

    /// Why a message gives no event.
    public enum Problem: Error, Hashable, Sendable {
        /// No JSON, or no object.
        case malformed(JSONError)
        /// A known event, in which something is missing or of another type than it must be.
        case shape(type: String, JSONError)
    }

    public init(reading text: Span<UInt8>) throws(Problem) {
        let event: JSONObject
        do throws(JSONError) {
            event = try JSONObject(parsing: text, limits: JSONValue.Limits(bytes: Self.messageLimit))
        } catch {
            throw .malformed(error)
        }
        // There are frames without a type, and nothing in them is for us.
        guard case .string(let type) = event["type"] else {
            self = .unknown(type: "")
            return
        }
        do throws(JSONError) {
            self = try Self.read(type, event)
        } catch {
            throw .shape(type: type, error)
        }
    }

    private static func read(_ type: String, _ event: JSONObject) throws(JSONError) -> ElevenLabsServerEvent {
        if let event = try conversation(type, event) { return event }
        if let event = try tools(type, event) { return event }
        switch type {
        case "queue_status":
            return .queue(ElevenLabsQueue(try event.object("queue_status_event").string("status")))
        case "error", "client_error":
            // With its own object or flat: both were seen.
            return .error(ElevenLabsError((try? event.optionalObject("error_event")) ?? event))
        case "guardrail_triggered":
            let name = try? event.optionalObject("guardrail_triggered_event")?.optionalString("guardrail_name")
            return .guardrail(name: name ?? "")
        default: return irrelevant.contains(type) ? .irrelevant(type: type) : .unknown(type: type)
        }
    }

    private static func conversation(
        _ type: String, _ event: JSONObject
    ) throws(JSONError) -> ElevenLabsServerEvent? {
        switch type {
        case "conversation_initiation_metadata":
            return .metadata(try ElevenLabsMetadata(event.object("conversation_initiation_metadata_event")))
        case "audio":
            let inner = try event.object("audio_event")
            return .audio(eventID: try inner.eventID(), base64: try inner.string("audio_base_64"))
        case "interruption":
            return .interruption(eventID: try event.object("interruption_event").neededEventID())
        case "ping":
            return .ping(eventID: try event.object("ping_event").neededEventID())
        case "user_transcript":
            let inner = try event.object("user_transcription_event")
            return .callerText(eventID: try inner.eventID(), try inner.string("user_transcript"), isFinal: true)
        case "tentative_user_transcript":
            let inner = try event.object("tentative_user_transcription_event")
            return .callerText(eventID: try inner.eventID(), try inner.string("user_transcript"), isFinal: false)
        case "agent_response":
            let inner = try event.object("agent_response_event")
            return .agentText(eventID: try inner.eventID(), try inner.string("agent_response"))
        case "agent_response_correction":
            let inner = try event.object("agent_response_correction_event")
            return .agentCorrection(
                eventID: try inner.eventID(), original: try inner.optionalString("original_agent_response") ?? "",
                corrected: try inner.string("corrected_agent_response"))
        case "agent_response_complete": return .answerComplete
        default: return nil
        }
    }

    private static func tools(_ type: String, _ event: JSONObject) throws(JSONError) -> ElevenLabsServerEvent? {
        switch type {
        case "client_tool_call":
            let call = try event.object("client_tool_call")
            return .toolCall(
                UpstreamToolCall(
                    id: try call.string("tool_call_id"), name: try call.string("tool_name"),
                    arguments: call["parameters"].map(text) ?? "{}"))
        case "agent_tool_response", "agent_tool_response_full_payload":
            let tool = try event.object(type)
            return .vendorTool(
                name: try tool.string("tool_name"), isError: try tool.optionalBool("is_error") ?? false)
        case "mcp_tool_call":
            let call = try event.object("mcp_tool_call")
            guard try call.optionalString("state") == "awaiting_approval" else { return .irrelevant(type: type) }
            return .toolApprovalAsked(
                callID: try call.string("tool_call_id"), name: try call.optionalString("tool_name") ?? "")
        default: return nil
        }
    }

    private static func text(of value: JSONValue) -> String {
        var json = JSONWriter()
        value.write(to: &json)
        return json.text
    }

    private static let irrelevant: Set<String> = [
        "agent_chat_response_part", "agent_reasoning_response_part", "agent_response_metadata", "vad_score",
        "agent_tool_request", "mcp_connection_status", "asr_initiation_metadata", "context_usage",
        "internal_turn_probability", "internal_tentative_agent_response", "agent_typing", "external_agent_connected",
        "external_agent_disconnected", "rich_content",
    ]
}

extension ElevenLabsMetadata {
    fileprivate init(_ event: JSONObject) throws(JSONError) {
        conversationID = try event.optionalString("conversation_id")
        agentOutput = try event.optionalString("agent_output_audio_format")
        userInput = try event.optionalString("user_input_audio_format")
    }
}

extension ElevenLabsQueue {
    fileprivate init(_ status: String) {
        self =
            switch status {
            case "waiting": .waiting
            case "admitted": .admitted
            case "timed_out": .timedOut
            default: .other(status)
            }
    }
}

extension JSONObject {
    /// The server's number of an event, which some write as text.
    fileprivate func eventID() throws(JSONError) -> Int? {
        guard case .string(let text) = self["event_id"] else { return try whole("event_id") }
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isPlain, let id = Int(text) else { throw .invalidValue("event_id") }
        return id
    }

    fileprivate func neededEventID() throws(JSONError) -> Int {
        guard let id = try eventID() else { throw .missing("event_id") }
        return id
    }
}
