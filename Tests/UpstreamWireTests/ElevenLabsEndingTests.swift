import JSONWire
import Testing
import Timeline
import UpstreamWire
import Wording

@Suite("ElevenLabs endings")
struct ElevenLabsEndingTests {
    @Test(
        "A close code and its words say what to do next",
        arguments: [
            (1000, "", "upstream.closed_normally", .finished),
            (1000, "Conversation has exceeded maximum duration", "upstream.session_expired", .renew),
            (1011, "Conversation has exceeded maximum duration", "upstream.session_expired", .renew),
            (1002, "This request exceeds your quota limit.", "upstream.quota_exhausted", .quota),
            (1000, "This request exceeds your quota limit.", "upstream.quota_exhausted", .quota),
            (1002, "", "upstream.server_error", .retry(after: nil)),
            (1008, "", "upstream.configuration_refused", .fallBack),
            (
                1008, "Override for field 'voice_id' is not allowed by config", "upstream.override_refused",
                .retry(after: nil)
            ),
            (1008, "The AI agent you are trying to reach does not exist", "upstream.not_found", .fallBack),
            (
                1002, "The AI agent you are trying to reach appears to be misconfigured",
                "upstream.configuration_refused", .fallBack
            ),
            (1011, "internal", "upstream.server_error", .retry(after: nil)),
            (1005, "", "upstream.connection_lost", .retry(after: nil)),
            (1006, "", "upstream.connection_lost", .retry(after: nil)),
            (1009, "", "upstream.protocol_error", .fallBack),
            (1013, "", "upstream.overloaded", .retry(after: nil)),
            (3000, "", "upstream.forbidden", .fallBack),
            (4300, "", "upstream.overloaded", .retry(after: nil)),
        ] as [(UInt16, String, String, UpstreamReason)])
    func closeCodes(code: UInt16, reason: String, failure: String, next: UpstreamReason) {
        let ending = ElevenLabsEnding.failure(closeCode: code, reason: reason)
        #expect(ending.code == failure)
        #expect(ending.reason == next)
        #expect(ending.detail.description.contains(reason) && ending.detail.description.contains("\(code)"))
    }

    @Test(
        "An error that was told before decides where the close itself says nothing, in either of its shapes",
        arguments: [
            (1006, #""error_event":{"code":1002,"message":"m","error_type":"llm_timeout"}"#, "upstream.server_error"),
            (1002, #""error_event":{"code":1002,"error_type":"llm_timeout"}"#, "upstream.server_error"),
            (1000, #""error_event":{"code":1000,"error_type":"max_duration_exceeded"}"#, "upstream.session_expired"),
            (1008, #""error_event":{"error_type":"override_error"}"#, "upstream.override_refused"),
            (1008, #""error_event":{"error_type":"missing_dynamic_variable"}"#, "upstream.configuration_refused"),
            (1002, #""error_event":{"error_type":"safety_violation"}"#, "upstream.policy"),
            (1002, #""error_event":{"error_type":"transport_receive_timeout"}"#, "upstream.protocol_error"),
            (1000, #""error_event":{"code":"1002","reason":"broken"}"#, "upstream.server_error"),
            (
                1002, #""message":"received 1002 (protocol error) This request exceeds your quota limit.; then sent""#,
                "upstream.quota_exhausted"
            ),
            (1006, #""message":17,"error_event":[]"#, "upstream.connection_lost"),
            (1006, "\"x\":1", "upstream.connection_lost"),
        ] as [(UInt16, String, String)])
    func errors(code: UInt16, members: String, failure: String) throws {
        for type in ["error", "client_error"] {
            var probe = try ElevenLabsProbe.ready()
            try probe.receive(#"{"type":"\#(type)",\#(members)}"#)
            #expect(probe.warnings.map(\.code) == ["upstream.vendor_error"])
            try probe.close(code)
            #expect(probe.ending?.code == failure)
        }
    }

    @Test("An error after which the conversation went on does not explain its end")
    func survivedError() throws {
        var probe = try ElevenLabsProbe.ready()
        try probe.receive(#"{"type":"error","error_event":{"code":1002,"error_type":"safety_violation"}}"#)
        try probe.hears("Hello?")
        try probe.close(1000)
        #expect(probe.ending?.code == "upstream.closed_normally")
    }

    @Test(
        "An ordinary end at the age of the usual cap is the cap, unless the agent hung up",
        arguments: [
            (599, false, "upstream.closed_normally"), (600, false, "upstream.session_expired"),
            (601, false, "upstream.session_expired"), (602, false, "upstream.closed_normally"),
            (600, true, "upstream.closed_normally"),
        ])
    func cap(age: Int, hungUp: Bool, failure: String) throws {
        var probe = try ElevenLabsProbe.ready()
        probe.now = probe.now.advanced(by: .seconds(age))
        if hungUp {
            try probe.receive(#"{"type":"agent_tool_response","agent_tool_response":{"tool_name":"end_call"}}"#)
        }
        try probe.close(1000)
        #expect(probe.ending?.code == failure)
    }

    @Test(
        "An answer without a signed URL is read by its body first and by its status then",
        arguments: [
            (401, "", "upstream.invalid_credentials"),
            (401, detail("invalid_api_key"), "upstream.invalid_credentials"),
            (401, detail("quota_exceeded"), "upstream.quota_exhausted"),
            (403, "<html>no</html>", "upstream.forbidden"),
            (404, #"{"detail":"Agent not found"}"#, "upstream.not_found"),
            (422, #"{"detail":[{"loc":["query","agent_id"]}]}"#, "upstream.configuration_refused"),
            (429, detail("too_many_concurrent_requests"), "upstream.rate_limited"),
            (429, detail("system_busy"), "upstream.overloaded"),
            (429, "", "upstream.rate_limited"),
            (302, "", "upstream.not_found"),
            (500, "", "upstream.server_error"),
            (503, "", "upstream.overloaded"),
        ])
    func refusals(status: Int, body: String, failure: String) {
        let ending = ElevenLabsEnding.failure(httpStatus: status, body: Array(body.utf8).span) { name in
            name == "retry-after" ? "2" : nil
        }
        #expect(ending.code == failure)
        if case .retry(let after) = ending.reason { #expect(after == .seconds(2)) }
    }

    private static func detail(_ status: String) -> String {
        #"{"detail":{"status":"\#(status)","message":"m"}}"#
    }
}
