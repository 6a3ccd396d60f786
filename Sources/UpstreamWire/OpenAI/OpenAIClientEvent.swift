public import MediaCore
internal import Wording

/// What a client says, except caller audio: see `OpenAIAudioAppend`.
public enum OpenAIClientEvent: Hashable, Sendable {
    case updateSession(OpenAISessionConfiguration)
    case createResponse(OpenAIResponseRequest)
    /// Nil cancels whatever is active.
    case cancelResponse(id: String?)
    case createItem(OpenAINewItem, after: Place = .end)
    case truncate(itemID: String, contentIndex: Int, end: Milliseconds)
    case deleteItem(id: String)
    case retrieveItem(id: String)
    case commitAudio
    case clearAudio

    /// Where in the conversation an item goes.
    public enum Place: Hashable, Sendable {
        case end
        case start
        case item(id: String)
    }

    public var type: String {
        switch self {
        case .updateSession: "session.update"
        case .createResponse: "response.create"
        case .cancelResponse: "response.cancel"
        case .createItem: "conversation.item.create"
        case .truncate: "conversation.item.truncate"
        case .deleteItem: "conversation.item.delete"
        case .retrieveItem: "conversation.item.retrieve"
        case .commitAudio: "input_audio_buffer.commit"
        case .clearAudio: "input_audio_buffer.clear"
        }
    }

    /// - Parameter eventID: Comes back in an error that this event causes.
    public func bytes(eventID: String) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("type", type)
            $0.member("event_id", eventID)
            writeMembers(to: &$0)
        }
        return json.bytes
    }

    private func writeMembers(to json: inout JSONWriter) {
        switch self {
        case .updateSession(let configuration):
            json.key("session")
            configuration.write(to: &json)
        case .createResponse(let request):
            json.key("response")
            request.write(to: &json)
        case .cancelResponse(let id): json.member("response_id", id)
        case .createItem(let item, let place):
            switch place {
            case .end: break
            case .start: json.member("previous_item_id", "root")
            case .item(let id): json.member("previous_item_id", id)
            }
            json.key("item")
            item.write(to: &json)
        case .truncate(let itemID, let contentIndex, let end):
            json.member("item_id", itemID)
            json.member("content_index", contentIndex)
            json.member("audio_end_ms", max(0, end.rawValue))
        case .deleteItem(let id), .retrieveItem(let id): json.member("item_id", id)
        case .commitAudio, .clearAudio: break
        }
    }
}

/// What a response is asked to be. An empty one answers the conversation as the session says.
public struct OpenAIResponseRequest: Hashable, Sendable {
    /// In place of the session's, not beside them.
    public var instructions: String?
    public var toolChoice: OpenAISessionConfiguration.ToolChoice?
    /// Comes back in the response, so that it can be told from those that the server creates by itself.
    public var id: String?

    public init(
        instructions: String? = nil, toolChoice: OpenAISessionConfiguration.ToolChoice? = nil, id: String? = nil
    ) {
        self.instructions = instructions
        self.toolChoice = toolChoice
        self.id = id
    }

    /// Answers the conversation as it is.
    var isPlain: Bool { instructions == nil && toolChoice == nil }

    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("instructions", instructions)
            toolChoice?.write(to: &$0)
            if let id {
                $0.key("metadata")
                $0.object { $0.member(OpenAIResponse.requestIDKey, id) }
            }
        }
    }
}

/// An entry that we add to the conversation.
public enum OpenAINewItem: Hashable, Sendable {
    case message(UpstreamMessageRole, String)
    case toolOutput(callID: String, output: String)

    func write(to json: inout JSONWriter) {
        json.object {
            switch self {
            case .message(let role, let text):
                $0.member("type", "message")
                $0.member("role", role.openAIName)
                $0.key("content")
                $0.array {
                    $0.object {
                        $0.member("type", role == .agent ? "output_text" : "input_text")
                        $0.member("text", text)
                    }
                }
            case .toolOutput(let callID, let output):
                $0.member("type", "function_call_output")
                $0.member("call_id", callID)
                $0.member("output", output)
            }
        }
    }
}

extension UpstreamMessageRole {
    fileprivate var openAIName: String {
        switch self {
        case .system: "system"
        case .caller: "user"
        case .agent: "assistant"
        }
    }
}
