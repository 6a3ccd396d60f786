internal import Wording

extension Fault {
    /// What the help says of one fault, and how it is read.
    public struct Form: Sendable {
        public let name: String
        /// As it is typed, in the help and as the example.
        public let example: String
        public let does: String
        /// From the text behind `=` and the moment behind `@`.
        let read: @Sendable (_ value: String?, _ when: Moment?) -> Fault?

        /// Where it has a meaning.
        public var protocols: [PracticeProtocol] { (try? Fault(example))?.protocols ?? [] }
    }

    /// All of them, in the order of a call's life.
    public static let forms: [Form] = [
        Form(
            "refuse", "refuse=429",
            "refuses the upgrade or the signed URL: 401, 403, 404, 429 (with Retry-After), 500 or 503"
        ) { value, when in
            guard let status = value.flatMap({ Int($0) }), PracticeUpstream.refusals.contains(status), when == nil
            else {
                return nil
            }
            return .refuse(status: status)
        },
        plain("bad-key", "101, then the key is wrong: close 3000 after an error (openai), 1008 (elevenlabs)", .badKey),
        plain(
            "model-not-found", "101, then no such model: close 4004 after an error; no such agent: close 1008",
            .modelNotFound),
        plain("stale-url", "a signed URL is too old as soon as it is made", .elevenLabs(.staleURL)),
        plain("silent", "101, then nothing: no session.created, no metadata", .silent),
        lasting("late", "late=3s", "session.created or the metadata come so much later", .seconds(3)) { .late($0) },
        lasting("queued", "queued=3s", "queue_status waiting, and so much later the metadata", .seconds(3)) {
            .elevenLabs(.queued($0))
        },
        plain("no-metadata", "the agent speaks, but the metadata never come", .elevenLabs(.noMetadata)),
        plain("unknown-format", "the metadata name opus_48000", .elevenLabs(.unknownFormat)),
        plain("early-ping", "a ping before the metadata", .elevenLabs(.earlyPing)),
        plain("no-update", "session.update is never answered", .openAI(.noUpdate)),
        Form("close", "close=1011@3s", "closes with any code, by default at once; also close=1000@after-greeting") {
            value, when in
            guard let code = value.flatMap({ UInt16($0) }), (1_000...4_999).contains(code),
                ![1_004, 1_005, 1_006, 1_015].contains(code)
            else { return nil }
            return .close(code: code, when ?? .point(.start))
        },
        timed("reset", "reset@reply", "resets the TCP connection, without a close frame", .reset),
        timed(
            "half-open", "half-open@5s", "reads, writes and answers nothing any more; the connection stays", .halfOpen),
        Form(
            "error", "error=llm_timeout@reply",
            "an error event of this type and the close that belongs to it: "
                + ElevenLabsError.types.joined(separator: ", ")
        ) { value, when in
            guard let value, ElevenLabsError.types.contains(value) else { return nil }
            return .timed(.error(type: value), when ?? .point(.start))
        },
        lasting("slow", "slow=200ms", "each message waits this long behind the one before", .milliseconds(200)) {
            .bent(.slow($0))
        },
        lasting(
            "burst", "burst=60s", "every reply lasts this long and is sent at once; elevenlabs: in one event",
            .seconds(60)
        ) { .burst($0) },
        plain("two-items", "every reply is two pieces of audio, of two pitches, each with its id", .twoItems),
        plain(
            "wrong-format", "promises one audio format and sends another (PCM where mu-law was agreed)", .wrongFormat),
        plain("wrong-echo", "session.updated names another format than was asked for", .openAI(.wrongEcho)),
        plain("odd-deltas", "audio in pieces of 1, 159, 161 … bytes", .oddDeltas),
        plain("empty-audio", "audio events that hold no audio, between the others", .elevenLabs(.emptyAudio)),
        plain("text-ids", "event ids are strings", .elevenLabs(.textIDs)),
        plain("malformed", "texts that are no JSON, or no events, between the events", .bent(.malformed)),
        plain("unknown-events", "events of unknown types between the others", .bent(.unknownEvents)),
        plain("extra-fields", "every event has members that nobody asked for", .bent(.extraFields)),
        plain("duplicates", "every event but audio comes twice", .bent(.duplicates)),
        plain("reordered", "neighbouring events change places; audio keeps its order", .bent(.reordered)),
        plain("no-created", "response.done comes without a response.created", .openAI(.noCreated)),
        plain("late-deltas", "some audio of a response still comes after its interruption", .lateDeltas),
        plain("same-id", "the reply behind an interruption has the interruption's id", .elevenLabs(.sameID)),
        plain("double-tool", "a tool call is told twice", .doubleTool),
        Form("failed-response", "failed-response=server_error", "the first response fails, with this code") {
            value, when in
            guard when == nil else { return nil }
            return .openAI(.failedResponse(code: value ?? "server_error"))
        },
        plain("no-close", "the agent hangs up by end_call, and the socket is never closed", .elevenLabs(.noClose)),
        timed(
            "session-expired", "session-expired@5s",
            "the session's time is over: error session_expired and close 1001; elevenlabs: close 1000", .sessionExpired),
        timed(
            "quota", "quota@after-greeting",
            "error insufficient_quota, every later response fails; elevenlabs: an error in its flat form, close 1002",
            .quota),
    ]

    private static func plain(_ name: String, _ does: String, _ fault: Fault) -> Form {
        Form(name, name, does) { value, when in value == nil && when == nil ? fault : nil }
    }

    private static func timed(_ name: String, _ example: String, _ does: String, _ strike: Strike) -> Form {
        Form(name, example, does) { value, when in value == nil ? .timed(strike, when ?? .point(.start)) : nil }
    }

    private static func lasting(
        _ name: String, _ example: String, _ does: String, _ usual: Duration,
        _ fault: @escaping @Sendable (Duration) -> Fault
    ) -> Form {
        Form(name, example, does) { value, when in
            guard when == nil else { return nil }
            guard let value else { return fault(usual) }
            return Duration(practice: value).map(fault)
        }
    }

    /// Reads one fault.
    public init(_ text: some StringProtocol) throws(PracticeError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let words = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(words[0])
        guard let form = Self.forms.first(where: { $0.name == name }) else {
            throw .unknownFault(name, hint: NearMiss.hint(for: name, among: Self.forms.map(\.name)))
        }
        var when: Moment?
        if parts.count > 1 {
            guard let moment = Moment(parts[1]) else { throw .unknownMoment(String(parts[1])) }
            when = moment
        }
        guard let fault = form.read(words.count > 1 ? String(words[1]) : nil, when) else {
            throw .faultValue(String(text), example: form.example)
        }
        self = fault
    }
}

extension Fault.Form {
    init(
        _ name: String, _ example: String, _ does: String,
        _ read: @escaping @Sendable (_ value: String?, _ when: Moment?) -> Fault?
    ) {
        self.init(name: name, example: example, does: does, read: read)
    }
}
