public import JSONWire
internal import Timeline
internal import Wording

// The record as a store keeps it: the API's form, with what nobody else is shown.
extension CallRecord {
    private static let decided = "decided_end"

    public var storedJSON: JSONObject {
        guard let decidedEnd else { return json }
        let hidden = JSONObject.Member(name: Self.decided, value: .string(decidedEnd.rawValue))
        return JSONObject(json.members + [hidden])
    }

    /// Reads what `storedJSON` and `json` write. Times are exact to the millisecond, durations to the nanosecond.
    public init(json: JSONObject) throws(JSONError) {
        self.init(
            id: try json.callID("id"), provider: try json.string("provider"),
            providerCallID: try json.optionalString("provider_call_id"), direction: try json.word("direction"),
            status: .queued, from: try json.optionalParty("from"), to: try json.optionalParty("to"),
            createdAt: try json.time("created_at"))
        streamID = try json.optionalString("stream_id")
        agent = try json.optionalString("agent")
        upstream = try json.optionalWord("upstream")
        node = try json.optionalString("node")
        metadata = try json.optionalObject("metadata") ?? JSONObject()
        variables = try json.optionalObject("variables") ?? JSONObject()
        try readStatus(json)
        carrier = Carrier(
            status: try json.optionalString("carrier_status"),
            duration: try json.optionalDuration("carrier_duration_s"),
            answeredBy: try json.optionalWord("answered_by"), sipCode: try json.optionalInt("sip_code"),
            price: try json.optionalString("price"))
        disposition = try json.optionalString("disposition")
        usage = try json.optionalObject("usage")
        quality = try json.optional("quality") { json throws(JSONError) in try CallQuality(json: json) }
        tools = try json.optionalObjects("tools") { json throws(JSONError) in try ToolRun(json: json) } ?? []
    }

    private mutating func readStatus(_ json: JSONObject) throws(JSONError) {
        status = try json.word("status")
        endReason = try json.optionalWord("end_reason")
        decidedEnd = try json.optionalWord(Self.decided)
        failure = try json.optional("error") { json throws(JSONError) in try Failure(json: json) }
        scheduledAt = try json.optionalTime("schedule_at")
        unreconciledSince = try json.optionalTime("unreconciled_since")
        answeredAt = try json.optionalTime("answered_at")
        endedAt = try json.optionalTime("ended_at")
    }
}

extension CallRecord.Failure {
    init(json: JSONObject) throws(JSONError) {
        self.init(code: try json.string("code"), message: try json.string("message"))
    }
}

extension CallRecord.ToolRun {
    init(json: JSONObject) throws(JSONError) {
        guard let took = try json.optionalDuration("took_s") else { throw .missing("took_s") }
        self.init(
            name: try json.string("name"), succeeded: try json.bool("succeeded"), attempts: try json.int("attempts"),
            took: took)
    }
}

extension CallQuality {
    init(json: JSONObject) throws(JSONError) {
        self.init()
        framesIn = try json.int("frames_in")
        framesOut = try json.int("frames_out")
        gaps = try json.int("gaps")
        lateFrames = try json.int("late_frames")
        lostFrames = try json.int("lost_frames")
        underruns = try json.int("underruns")
        interruptions = try json.int("interruptions")
        malformedMessages = try json.int("malformed_messages")
        responseLatency = try json.optional("response_ms") { json throws(JSONError) in
            Latencies(minimum: try json.int("min"), median: try json.int("median"), p95: try json.int("p95"))
        }
        bridgeLatency = try json.optional("bridge_us") { json throws(JSONError) in
            BridgeLatency(p50: try json.int("p50"), p99: try json.int("p99"))
        }
    }
}

extension CallEvent {
    public init(json: JSONObject) throws(JSONError) {
        self.init(
            at: try json.time("at"), call: try json.callID("call"), kind: try json.word("type"),
            component: try json.string("component"), data: try json.object("data"))
    }

    /// The same event, of a call that turned out to have another id.
    func of(_ call: CallID) -> CallEvent {
        call == self.call ? self : CallEvent(at: at, call: call, kind: kind, component: component, data: data)
    }
}

extension TranscriptTurn {
    public init(json: JSONObject) throws(JSONError) {
        self.init(
            speaker: try json.word("speaker"), text: try json.string("text"),
            startMilliseconds: try json.int("start_ms"), endMilliseconds: try json.int("end_ms"),
            wasInterrupted: try json.bool("interrupted"), responseMilliseconds: try json.optionalInt("response_ms"))
    }
}
