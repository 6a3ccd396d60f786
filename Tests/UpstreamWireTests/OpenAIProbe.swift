import JSONWire
import MediaCore
import Testing
import UpstreamWire

extension Probe<OpenAISession> {
    init(
        agent: UpstreamAgent = UpstreamAgent(), pastTurns: [UpstreamPastTurn] = [],
        formats: UpstreamFormats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k),
        protectsGreeting: Bool = false
    ) {
        self.init(
            OpenAISession(
                UpstreamSetup(
                    agent: agent, formats: formats, pastTurns: pastTurns, protectsGreeting: protectsGreeting)))
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
