public import JSONWire
public import Timeline
public import Wording

/// Where the errors of the house are looked up, and marked as dealt with.
public protocol ErrorKeeping: Sendable {
    /// The one seen last comes first.
    func errors(matching filter: ErrorFilter, page: ErrorPage.Request) async throws(CallStoreError) -> ErrorPage

    /// Nil when there is no such error. One that is met again is open again.
    func resolve(_ id: String, _ isResolved: Bool) async throws(CallStoreError) -> KeptError?
}

/// All occurrences of one error.
public struct KeptError: Hashable, Sendable {
    public struct Context: Hashable, Sendable {
        public var call: String?
        public var agent: String?
        public var number: PhoneNumber?

        public init(call: String? = nil, agent: String? = nil, number: PhoneNumber? = nil) {
            self.call = call
            self.agent = agent
            self.number = number
        }
    }

    /// The same for the same error, on every node and after every restart.
    public var id: String
    public var code: String
    public var component: String
    /// Of its occurrences the worst: `warning`, `error` or `critical`.
    public var severity: String
    /// As with `context`, of the last occurrence.
    public var message: String
    public var count: Int
    public var firstSeen: UTCTime
    public var lastSeen: UTCTime
    public var isResolved: Bool
    public var context: Context

    public init(
        id: String, code: String, component: String, severity: String, message: String, count: Int,
        firstSeen: UTCTime, lastSeen: UTCTime, isResolved: Bool, context: Context
    ) {
        self.id = id
        self.code = code
        self.component = component
        self.severity = severity
        self.message = message
        self.count = count
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.isResolved = isResolved
        self.context = context
    }

    public var json: JSONObject {
        .building { json in
            json.add("id", .string(id))
            json.add("code", .string(code))
            json.add("component", .string(component))
            json.add("severity", .string(severity))
            json.add("message", .string(message))
            json.add("count", .integer(count))
            json.add("first_seen", .string(firstSeen.description))
            json.add("last_seen", .string(lastSeen.description))
            json.add("resolved", .bool(isResolved))
            json.add(
                "context",
                .object(
                    .building { json in
                        json.add("call", text: context.call)
                        json.add("agent", text: context.agent)
                        json.add("number", text: context.number?.unmasked)
                    }))
        }
    }
}

/// Which errors to list; nil takes all.
public struct ErrorFilter: Hashable, Sendable {
    public var isResolved: Bool?
    public var severity: String?
    public var component: String?

    public init(isResolved: Bool? = nil, severity: String? = nil, component: String? = nil) {
        self.isResolved = isResolved
        self.severity = severity
        self.component = component
    }
}

/// A part of a list of errors.
public struct ErrorPage: Hashable, Sendable {
    /// Where a page ends. The next one holds what was seen before.
    public struct Cursor: Hashable, Sendable, CustomStringConvertible {
        public let lastSeen: UTCTime
        public let id: String

        public init(lastSeen: UTCTime, id: String) {
            self.lastSeen = lastSeen
            self.id = id
        }

        /// Reads what `description` writes.
        public init?(_ text: String) {
            let parts = text.split(separator: ".", maxSplits: 1)
            guard parts.count == 2, let time = Int64(parts[0]) else { return nil }
            self.init(lastSeen: UTCTime(millisecondsSince1970: time), id: String(parts[1]))
        }

        public var description: String { "\(lastSeen.millisecondsSince1970).\(id)" }
    }

    public struct Request: Hashable, Sendable {
        public var after: Cursor?
        public var limit: Int

        public init(after: Cursor? = nil, limit: Int = 50) {
            self.after = after
            self.limit = limit
        }
    }

    public let errors: [KeptError]
    public let next: Cursor?

    public init(errors: [KeptError], next: Cursor?) {
        self.errors = errors
        self.next = next
    }
}
