import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire

/// A session and what it said so far; the server's part is played by the test.
struct SessionProbe {
    var session: OpenAISession
    var now = Instant.zero
    var events: [UpstreamEvent] = []
    var sent: [JSONObject] = []

    init(
        agent: UpstreamAgent = UpstreamAgent(), pastTurns: [UpstreamPastTurn] = [],
        formats: UpstreamFormats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k),
        protectsGreeting: Bool = false
    ) {
        session = OpenAISession(
            UpstreamSetup(agent: agent, formats: formats, pastTurns: pastTurns, protectsGreeting: protectsGreeting))
    }

    /// Set up, and everything about that forgotten.
    static func ready(
        agent: UpstreamAgent = UpstreamAgent(), turnDetection: String = #"{"type":"server_vad"}"#
    ) throws -> SessionProbe {
        var probe = SessionProbe(agent: agent)
        try probe.receive(#"{"type":"session.created","session":{"id":"s"}}"#)
        try probe.receive(updated(turnDetection: turnDetection))
        probe.forget()
        return probe
    }

    static func updated(
        input: String = "audio/pcmu", output: String = "audio/pcmu", turnDetection: String = #"{"type":"server_vad"}"#
    ) -> String {
        #"{"type":"session.updated","session":{"audio":{"input":{"format":{"type":""# + input
            + #""},"turn_detection":"# + turnDetection + #"},"output":{"format":{"type":""# + output + #""}}}}}"#
    }

    mutating func forget() {
        events = []
        sent = []
    }

    @discardableResult
    mutating func receive(_ text: String) throws -> UpstreamReception {
        let reception = session.receive(text.utf8.span, at: now)
        if case .other(let output) = reception { try take(output) }
        return reception
    }

    mutating func perform(_ command: UpstreamCommand) throws {
        try take(session.perform(command, at: now))
    }

    mutating func pass(_ duration: Duration) throws {
        now = now.advanced(by: duration)
        if session.deadline.isReached(at: now) { try take(session.deadlineReached(at: now)) }
    }

    mutating func close(_ code: UInt16, _ reason: String = "") throws {
        try take(session.closed(code: code, reason: reason))
    }

    mutating func take(_ output: UpstreamOutput) throws {
        events += output.events
        for message in output.messages { sent.append(try JSONObject(parsing: message.span)) }
    }

    var ending: UpstreamFailure? {
        if case .ended(let failure) = events.last { failure } else { nil }
    }

    var ready: UpstreamReady? {
        events.lazy.compactMap { event in
            if case .ready(let ready) = event { ready } else { nil }
        }.first
    }

    var warnings: [UpstreamWarning] {
        events.compactMap { event in
            if case .warning(let warning) = event { warning } else { nil }
        }
    }

    /// What was sent, as types.
    var sentTypes: [String] { sent.map { (try? $0.string("type")) ?? "?" } }

    /// The id under which the newest response was asked for.
    func requestID() throws -> String {
        try #require(sent.last { (try? $0.string("type")) == "response.create" }).string("event_id")
    }

    // MARK: What the server says

    mutating func created(_ id: String, for requestID: String? = nil) throws {
        let metadata = requestID.map { #"{"request":""# + $0 + #""}"# } ?? "null"
        let response = #"{"id":""# + id + #"","status":"in_progress","metadata":"# + metadata + "}"
        try receive(#"{"type":"response.created","response":"# + response + "}")
    }

    mutating func done(_ id: String, _ status: String = "completed", details: String = "null", output: String = "[]")
        throws
    {
        let response =
            #"{"id":""# + id + #"","status":""# + status + #"","status_details":"# + details + #","output":"# + output
            + "}"
        try receive(#"{"type":"response.done","response":"# + response + "}")
    }

    /// Announces an item of the agent.
    mutating func item(_ id: String, in response: String) throws {
        try receive(
            #"{"type":"response.output_item.added","response_id":""# + response
                + #"","item":{"type":"message","id":""# + id + #""}}"#)
    }

    /// A second of µ-law for each `count` of 8,000.
    @discardableResult
    mutating func audio(_ id: String, in response: String, bytes count: Int = 8_000) throws -> UpstreamReception {
        let base64 = String(repeating: "////", count: count / 3) + ["", "/w==", "//8="][count % 3]
        return try receive(
            #"{"type":"response.output_audio.delta","response_id":""# + response + #"","item_id":""# + id
                + #"","content_index":0,"delta":""# + base64 + #""}"#)
    }

    mutating func error(code: String, message: String = "", eventID: String? = nil) throws {
        let id = eventID.map { "\"\($0)\"" } ?? "null"
        let error =
            #"{"type":"invalid_request_error","code":""# + code + #"","message":""# + message + #"","event_id":"# + id
            + "}"
        try receive(#"{"type":"error","error":"# + error + "}")
    }
}

extension UpstreamReception {
    /// The item of audio that may be played.
    var item: AgentItem? {
        if case .audio(let item, _) = self { item } else { nil }
    }
}
