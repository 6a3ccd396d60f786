public import JSONWire
internal import MediaCore
internal import Timeline
internal import Wording

extension OpenAIServerEvent {
    /// The longest message that is read; one that returns an item with its audio comes near it.
    public static let messageLimit = 16 << 20

    /// Why a message gives no event.
    public enum Problem: Error, Hashable, Sendable {
        /// No JSON, or JSON that does not say what it is.
        case malformed(JSONError)
        /// A known event, in which something is missing or of another type than it must be.
        case shape(type: String, JSONError)
    }

    public init(reading text: Span<UInt8>) throws(Problem) {
        let event: JSONObject
        let type: String
        do throws(JSONError) {
            let limits = JSONValue.Limits(bytes: Self.messageLimit)
            event = try JSONObject(parsing: text, limits: limits)
            type = try event.string("type")
        } catch {
            throw .malformed(error)
        }
        do throws(JSONError) {
            self = try Self.read(type, event)
        } catch {
            throw .shape(type: type, error)
        }
    }

    private static func read(_ type: String, _ event: JSONObject) throws(JSONError) -> OpenAIServerEvent {
        if let event = try output(type, event) { return event }
        if let event = try callerAudio(type, event) { return event }
        if let event = try response(type, event) { return event }
        if let event = try session(type, event) { return event }
        return isIrrelevant(type) ? .irrelevant(type: type) : .unknown(type: type)
    }

    private static func session(_ type: String, _ event: JSONObject) throws(JSONError) -> OpenAIServerEvent? {
        switch type {
        case "session.created": .sessionCreated(try OpenAISessionEcho(event.object("session")))
        case "session.updated": .sessionUpdated(try OpenAISessionEcho(event.object("session")))
        case "conversation.item.added", "conversation.item.created":
            .itemAdded(try OpenAIItem(event.object("item")))
        case "conversation.item.done": .itemDone(try OpenAIItem(event.object("item")))
        case "conversation.item.retrieved": .itemRetrieved(try OpenAIItem(event.object("item")))
        case "conversation.item.truncated":
            .itemTruncated(try OpenAIPart(event), end: try event.time("audio_end_ms"))
        case "conversation.item.deleted": .itemDeleted(id: try event.string("item_id"))
        case "error": .error(try OpenAIError(event.object("error")))
        case "rate_limits.updated": .rateLimits(try rateLimits(event.array("rate_limits")))
        default: nil
        }
    }

    private static func callerAudio(_ type: String, _ event: JSONObject) throws(JSONError) -> OpenAIServerEvent? {
        switch type {
        case "input_audio_buffer.speech_started":
            .speechStarted(itemID: try event.string("item_id"), at: try event.time("audio_start_ms"))
        case "input_audio_buffer.speech_stopped":
            .speechStopped(itemID: try event.string("item_id"), at: try event.time("audio_end_ms"))
        case "input_audio_buffer.committed": .audioCommitted(itemID: try event.string("item_id"))
        case "input_audio_buffer.cleared": .audioCleared
        case "input_audio_buffer.timeout_triggered":
            .idleTimeout(
                itemID: try event.string("item_id"), start: try event.time("audio_start_ms"),
                end: try event.time("audio_end_ms"))
        case "input_audio_buffer.dtmf_event_received": .digit(PeerText(try event.string("event")))
        case "conversation.item.input_audio_transcription.delta":
            .callerTextDelta(try OpenAIPart(event), try event.optionalString("delta") ?? "")
        case "conversation.item.input_audio_transcription.completed":
            .callerText(try OpenAIPart(event), try event.string("transcript"), try transcriptionUsage(event))
        case "conversation.item.input_audio_transcription.failed":
            .callerTextFailed(try OpenAIPart(event), try OpenAIError(event.object("error")))
        default: nil
        }
    }

    private static func response(_ type: String, _ event: JSONObject) throws(JSONError) -> OpenAIServerEvent? {
        switch type {
        case "response.created": .responseCreated(try OpenAIResponse(event.object("response")))
        case "response.done": .responseDone(try OpenAIResponse(event.object("response")))
        case "response.output_item.added":
            .outputItemAdded(
                responseID: try event.optionalString("response_id"), try OpenAIItem(event.object("item")))
        case "response.output_item.done":
            .outputItemDone(responseID: try event.optionalString("response_id"), try OpenAIItem(event.object("item")))
        default: nil
        }
    }

    private static func output(_ type: String, _ event: JSONObject) throws(JSONError) -> OpenAIServerEvent? {
        switch type {
        case "response.content_part.added": .contentPartAdded(try OpenAIPart(event))
        case "response.content_part.done": .contentPartDone(try OpenAIPart(event))
        case "response.output_audio.delta", "response.audio.delta":
            .audioDelta(try OpenAIPart(event), base64: try event.string("delta"))
        case "response.output_audio.done", "response.audio.done": .audioDone(try OpenAIPart(event))
        case "response.output_audio_transcript.delta", "response.audio_transcript.delta",
            "response.output_text.delta", "response.text.delta":
            .agentTextDelta(try OpenAIPart(event), try event.string("delta"))
        case "response.output_audio_transcript.done", "response.audio_transcript.done":
            .agentText(try OpenAIPart(event), try event.string("transcript"))
        case "response.output_text.done", "response.text.done":
            .agentText(try OpenAIPart(event), try event.string("text"))
        case "response.function_call_arguments.delta":
            .toolArgumentsDelta(try OpenAIPart(event), try event.string("delta"))
        case "response.function_call_arguments.done":
            .toolArguments(try OpenAIPart(event), try event.string("arguments"))
        default: nil
        }
    }

    private static func transcriptionUsage(_ event: JSONObject) throws(JSONError) -> UpstreamUsage {
        guard let usage = try event.optionalObject("usage") else { return UpstreamUsage() }
        return try UpstreamUsage(openAITranscription: usage)
    }

    private static func rateLimits(_ entries: [JSONValue]) throws(JSONError) -> [UpstreamRateLimit] {
        var limits: [UpstreamRateLimit] = []
        for entry in entries { limits.append(try UpstreamRateLimit(openAI: entry.asObject("rate_limits"))) }
        return limits
    }

    /// Tools that run at the vendor, audio that the vendor plays, and what only repeats other events.
    private static func isIrrelevant(_ type: String) -> Bool {
        type.hasPrefix("mcp_list_tools.") || type.hasPrefix("response.mcp_call") || type == "conversation.created"
            || type.hasPrefix("output_audio_buffer.")
            || type == "conversation.item.input_audio_transcription.segment"
    }
}

extension OpenAISessionEcho {
    init(_ session: JSONObject) throws(JSONError) {
        id = try session.optionalString("id")
        model = try session.optionalString("model")
        expiresAt = try session.optionalInteger("expires_at")
        if let audio = try session.optionalObject("audio") {
            let input = try audio.optionalObject("input")
            let output = try audio.optionalObject("output")
            inputFormat = try input?.optionalObject("format").map(Self.format)
            outputFormat = try output?.optionalObject("format").map(Self.format)
            turnDetection = try input?.optionalObject("turn_detection").map(OpenAITurnDetection.init)
        } else {
            inputFormat = try session.optionalString("input_audio_format").map(Self.betaFormat)
            outputFormat = try session.optionalString("output_audio_format").map(Self.betaFormat)
            turnDetection = try session.optionalObject("turn_detection").map(OpenAITurnDetection.init)
        }
    }

    private static func format(_ format: JSONObject) throws(JSONError) -> OpenAIFormat {
        let type = try format.string("type")
        let rate = try format.whole("rate") ?? 24_000
        switch type {
        case "audio/pcmu": return .known(.muLaw8k)
        case "audio/pcma": return .known(.aLaw8k)
        case "audio/pcm":
            guard let known = SampleRate(rawValue: rate) else { return .other("\(type) at \(rate)") }
            return .known(.pcm16(known))
        default: return .other(type)
        }
    }

    private static func betaFormat(_ name: String) -> OpenAIFormat {
        switch name {
        case "g711_ulaw": .known(.muLaw8k)
        case "g711_alaw": .known(.aLaw8k)
        case "pcm16": .known(.pcm16(.hz24000))
        default: .other(name)
        }
    }
}

extension UpstreamRateLimit {
    fileprivate init(openAI entry: JSONObject) throws(JSONError) {
        self.init(
            name: PeerText(try entry.optionalString("name") ?? ""), limit: try entry.whole("limit"),
            remaining: try entry.whole("remaining"),
            resetsIn: try entry.optionalNumber("reset_seconds").flatMap { Duration(seconds: $0) })
    }
}

extension JSONObject {
    /// A time in milliseconds; the start where it is missing.
    fileprivate func time(_ name: String) throws(JSONError) -> Milliseconds {
        Milliseconds(try whole(name) ?? 0)
    }
}
