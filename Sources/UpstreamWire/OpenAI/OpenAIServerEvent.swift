internal import JSONWire
public import MediaCore
public import Wording

/// What the server says, read whole. Names of the older beta are taken for those that replaced them.
public enum OpenAIServerEvent: Hashable, Sendable {
    case sessionCreated(OpenAISessionEcho)
    case sessionUpdated(OpenAISessionEcho)

    case itemAdded(OpenAIItem)
    case itemDone(OpenAIItem)
    case itemRetrieved(OpenAIItem)
    case itemTruncated(OpenAIPart, end: Milliseconds)
    case itemDeleted(id: String)

    case audioCommitted(itemID: String)
    case audioCleared
    case speechStarted(itemID: String, at: Milliseconds)
    case speechStopped(itemID: String, at: Milliseconds)
    case idleTimeout(itemID: String, start: Milliseconds, end: Milliseconds)
    case callerTextDelta(OpenAIPart, String)
    case callerText(OpenAIPart, String, UpstreamUsage)
    case callerTextFailed(OpenAIPart, OpenAIError)
    case digit(PeerText)

    case responseCreated(OpenAIResponse)
    case responseDone(OpenAIResponse)
    case outputItemAdded(responseID: String?, OpenAIItem)
    case outputItemDone(responseID: String?, OpenAIItem)
    case contentPartAdded(OpenAIPart)
    case contentPartDone(OpenAIPart)
    case audioDelta(OpenAIPart, base64: String)
    case audioDone(OpenAIPart)
    case agentTextDelta(OpenAIPart, String)
    case agentText(OpenAIPart, String)
    case toolArgumentsDelta(OpenAIPart, String)
    case toolArguments(OpenAIPart, String)

    case rateLimits([UpstreamRateLimit])
    case error(OpenAIError)
    /// Known, and nothing to a phone call on a WebSocket.
    case irrelevant(type: String)
    case unknown(type: String)
}

/// A piece of content, and the response that it belongs to if it is the agent's.
public struct OpenAIPart: Hashable, Sendable {
    public let itemID: String
    public let contentIndex: Int
    public let responseID: String?

    public init(itemID: String, contentIndex: Int = 0, responseID: String? = nil) {
        self.itemID = itemID
        self.contentIndex = contentIndex
        self.responseID = responseID
    }

    init(_ event: JSONObject) throws(JSONError) {
        itemID = try event.string("item_id")
        contentIndex = try event.whole("content_index") ?? 0
        responseID = try event.optionalString("response_id")
    }
}

/// An entry of the conversation, as far as a call cares.
public struct OpenAIItem: Hashable, Sendable {
    public let id: String
    /// Such as `message`, `function_call`, `function_call_output`, `mcp_call`.
    public let type: String
    public let status: String?
    public let role: String?
    public let callID: String?
    public let name: String?
    public let arguments: String?
    /// Written, not spoken, and not by the agent: so it is ours.
    public let isText: Bool

    init(_ item: JSONObject) throws(JSONError) {
        id = try item.optionalString("id") ?? ""
        type = try item.string("type")
        status = try item.optionalString("status")
        role = try item.optionalString("role")
        callID = try item.optionalString("call_id")
        name = try item.optionalString("name")
        arguments = try item.optionalString("arguments")
        let content = try item.optionalArray("content")?.first
        let kind = try content?.asObject("content").optionalString("type")
        isText = kind == "input_text" && role != "assistant"
    }

    /// Nil for what is no call, or one that was not finished: that one must not run.
    var completedCall: UpstreamToolCall? {
        guard type == "function_call", status == nil || status == "completed", let callID, let name else { return nil }
        return UpstreamToolCall(id: callID, name: name, arguments: arguments ?? "")
    }
}

public struct OpenAIResponse: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        case inProgress
        case completed
        case cancelled(reason: String?)
        case incomplete(reason: String?)
        case failed(OpenAIError)
    }

    public let id: String
    public let status: Status
    public let output: [OpenAIItem]
    public let usage: UpstreamUsage?
    /// What our request for this response carried.
    public let requestID: String?

    /// The name under which our requests carry their id.
    static let requestIDKey = "request"

    init(_ response: JSONObject) throws(JSONError) {
        id = try response.optionalString("id") ?? ""
        status = try Self.status(of: response)
        var output: [OpenAIItem] = []
        for element in try response.optionalArray("output") ?? [] {
            output.append(try OpenAIItem(element.asObject("output")))
        }
        self.output = output
        usage = try response.optionalObject("usage").map { (usage) throws(JSONError) in
            try UpstreamUsage(openAIResponse: usage)
        }
        requestID = try response.optionalObject("metadata")?.optionalString(Self.requestIDKey)
    }

    private static func status(of response: JSONObject) throws(JSONError) -> Status {
        let details = try response.optionalObject("status_details")
        let reason = try details?.optionalString("reason")
        switch try response.optionalString("status") {
        case "completed": return .completed
        case "cancelled": return .cancelled(reason: reason)
        case "incomplete": return .incomplete(reason: reason)
        case "failed":
            guard let error = try details?.optionalObject("error") else { return .failed(OpenAIError()) }
            return .failed(try OpenAIError(error))
        default: return .inProgress
        }
    }
}

/// The session as the server has it.
public struct OpenAISessionEcho: Hashable, Sendable {
    public let id: String?
    public let model: String?
    /// In seconds since 1970.
    public let expiresAt: Int64?
    /// Nil where the server names none.
    public let inputFormat: OpenAIFormat?
    public let outputFormat: OpenAIFormat?
    public let turnDetection: OpenAITurnDetection?
}

/// A format as the server names it.
public enum OpenAIFormat: Hashable, Sendable {
    case known(AudioFormat)
    case other(String)
}

/// How the server's own turn detection acts; nil stands for none at all.
public struct OpenAITurnDetection: Hashable, Sendable {
    public let createsResponses: Bool
    public let interruptsResponses: Bool
    /// How long the caller is silent when a turn counts as over: the end that the server names lies so much too late.
    public let silence: Milliseconds

    private static let longestSilence = 60_000.0

    init(_ object: JSONObject) throws(JSONError) {
        createsResponses = try object.optionalBool("create_response") ?? true
        interruptsResponses = try object.optionalBool("interrupt_response") ?? true
        let silence = try object.optionalNumber("silence_duration_ms") ?? 0
        self.silence = Milliseconds(Int(min(max(silence, 0), Self.longestSilence)))
    }
}
