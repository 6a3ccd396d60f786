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
    }

    /// All of them, in the order of a call's life.
    public static let forms: [Form] = [
        Form("refuse", "refuse=429", "refuses the upgrade: 401, 403, 404, 429 (with Retry-After), 500 or 503") {
            value, when in
            guard let status = value.flatMap({ Int($0) }), Refusal.statuses.contains(status), when == nil else {
                return nil
            }
            return .refuse(status: status)
        },
        plain("bad-key", "101, then error invalid_api_key and close 3000", .badKey),
        plain("model-not-found", "101, then error model_not_found and close 4004", .modelNotFound),
        plain("silent", "101, then nothing: no session.created", .silent),
        lasting("late", "late=3s", "session.created comes so much later", .seconds(3)) { .late($0) },
        plain("no-update", "session.update is never answered", .noUpdate),
        Form("close", "close=1011@3s", "closes with any code, by default at once; also close=1000@after-greeting") {
            value, when in
            guard let code = value.flatMap({ UInt16($0) }), (1_000...4_999).contains(code),
                ![1_004, 1_005, 1_006, 1_015].contains(code)
            else { return nil }
            return .close(code: code, when ?? .point(.start))
        },
        timed("reset", "reset@reply", "resets the TCP connection, without a close frame") { .reset($0) },
        timed("half-open", "half-open@5s", "reads, writes and answers nothing any more; the connection stays") {
            .halfOpen($0)
        },
        lasting("slow", "slow=200ms", "each message waits this long behind the one before", .milliseconds(200)) {
            .slow($0)
        },
        lasting("burst", "burst=60s", "every reply lasts this long and is sent at once", .seconds(60)) { .burst($0) },
        plain("two-items", "every reply has two audio items, of two pitches", .twoItems),
        plain(
            "wrong-format", "promises one audio format and sends another (PCM where mu-law was agreed)", .wrongFormat),
        plain("wrong-echo", "session.updated names another format than was asked for", .wrongEcho),
        plain("odd-deltas", "audio in pieces of 1, 159, 161 … bytes", .oddDeltas),
        plain("malformed", "texts that are no JSON, or no events, between the events", .malformed),
        plain("unknown-events", "events of unknown types between the others", .unknownEvents),
        plain("extra-fields", "every event has members that nobody asked for", .extraFields),
        plain("duplicates", "every event but audio comes twice", .duplicates),
        plain("reordered", "neighbouring events change places; audio keeps its order", .reordered),
        plain("no-created", "response.done comes without a response.created", .noCreated),
        plain("late-deltas", "some audio of a response still comes after its interruption", .lateDeltas),
        plain("double-tool", "a tool call is told twice", .doubleTool),
        Form("failed-response", "failed-response=server_error", "the first response fails, with this code") {
            value, when in
            guard when == nil else { return nil }
            return .failedResponse(code: value ?? "server_error")
        },
        timed("session-expired", "session-expired@5s", "error session_expired, then close 1001") {
            .sessionExpired($0)
        },
        timed("quota", "quota@after-greeting", "error insufficient_quota; every later response fails") { .quota($0) },
    ]

    private static func plain(_ name: String, _ does: String, _ fault: Fault) -> Form {
        Form(name, name, does) { value, when in value == nil && when == nil ? fault : nil }
    }

    private static func timed(
        _ name: String, _ example: String, _ does: String, _ fault: @escaping @Sendable (Moment) -> Fault
    ) -> Form {
        Form(name, example, does) { value, when in value == nil ? fault(when ?? .point(.start)) : nil }
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

extension Fault: CustomStringConvertible {
    /// As it is typed.
    public var description: String {
        switch self {
        case .refuse(let status): "refuse=\(status)"
        case .badKey: "bad-key"
        case .modelNotFound: "model-not-found"
        case .silent: "silent"
        case .late(let wait): "late=\(wait.practiceText)"
        case .noUpdate: "no-update"
        case .close(let code, let when): "close=\(code)@\(when)"
        case .reset(let when): "reset@\(when)"
        case .halfOpen(let when): "half-open@\(when)"
        case .slow(let wait): "slow=\(wait.practiceText)"
        case .burst(let length): "burst=\(length.practiceText)"
        case .twoItems: "two-items"
        case .wrongFormat: "wrong-format"
        case .wrongEcho: "wrong-echo"
        case .oddDeltas: "odd-deltas"
        case .malformed: "malformed"
        case .unknownEvents: "unknown-events"
        case .extraFields: "extra-fields"
        case .duplicates: "duplicates"
        case .reordered: "reordered"
        case .noCreated: "no-created"
        case .lateDeltas: "late-deltas"
        case .doubleTool: "double-tool"
        case .failedResponse(let code): "failed-response=\(code)"
        case .sessionExpired(let when): "session-expired@\(when)"
        case .quota(let when): "quota@\(when)"
        }
    }
}
