internal import JSONWire
internal import Wording

/// What a client says, except caller audio: see `ElevenLabsAudioChunk`. There is nothing that cancels an answer, ends a
/// turn or ends the conversation: for the last the socket is closed.
public enum ElevenLabsClientEvent: Hashable, Sendable {
    case initiate(ElevenLabsInitiation)
    case pong(eventID: Int)
    case toolResult(callID: String, result: String, isError: Bool)
    /// Counts as something that the caller said, and is answered.
    case userMessage(String)
    /// Something to know, answered by nobody.
    case contextualUpdate(String)
    /// The caller is busy: the agent does not speak up by itself for a while.
    case userActivity
    case toolApproval(callID: String, isApproved: Bool)

    public var type: String {
        switch self {
        case .initiate: "conversation_initiation_client_data"
        case .pong: "pong"
        case .toolResult: "client_tool_result"
        case .userMessage: "user_message"
        case .contextualUpdate: "contextual_update"
        case .userActivity: "user_activity"
        case .toolApproval: "mcp_tool_approval_result"
        }
    }

    public var bytes: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("type", type)
            writeMembers(to: &$0)
        }
        return json.bytes
    }

    private func writeMembers(to json: inout JSONWriter) {
        switch self {
        case .initiate(let initiation): initiation.writeMembers(to: &json)
        case .pong(let eventID): json.member("event_id", eventID)
        case .toolResult(let callID, let result, let isError):
            json.member("tool_call_id", callID)
            json.member("result", result)
            json.member("is_error", isError)
        case .userMessage(let text), .contextualUpdate(let text): json.member("text", text)
        case .userActivity: break
        case .toolApproval(let callID, let isApproved):
            json.member("tool_call_id", callID)
            json.member("is_approved", isApproved)
        }
    }
}
