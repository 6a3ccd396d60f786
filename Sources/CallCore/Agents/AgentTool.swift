public import Addresses
public import JSONWire
internal import Timeline

/// A function of an agent that a web server carries out.
public struct AgentTool: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    public struct Header: Hashable, Sendable {
        public let name: String
        /// `secret:NAME` stands for a secret of that name, which is filled in when the request is made.
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var name: String
    public var description: String?
    /// A JSON schema.
    public var parameters: JSONObject?
    public var url: WebURL
    public var method = Method.post
    public var headers: [Header] = []
    /// One attempt.
    public var timeout = Duration.seconds(10)
    public var attempts = 3
    /// All attempts together.
    public var budget = Duration.seconds(15)
    /// A second run would do more than the first: attempts then carry one key, by which the server can tell.
    public var changes = false
    /// What the model gets to say when the function cannot be had.
    public var failureText: String?
    /// Arguments that are not written down.
    public var redact: [String] = []

    public init(name: String, url: WebURL) {
        self.name = name
        self.url = url
    }
}

extension AgentTool {
    public init(json: JSONObject) throws(JSONError) {
        guard let url = try? WebURL(try json.string("url")), url.scheme == .https || url.scheme == .http else {
            _ = try json.string("url")
            throw .invalidValue("url")
        }
        self.init(name: try json.string("name"), url: url)
        description = try json.optionalString("description")
        parameters = try json.optionalObject("parameters")
        method = try json.optionalWord("method") ?? method
        headers = try (json.optionalObject("headers") ?? JSONObject()).members.map { member throws(JSONError) in
            guard case .string(let value) = member.value else {
                throw .wrongType("headers.\(member.name)", expected: .string, found: member.value.kind)
            }
            return Header(member.name, value)
        }
        timeout = try json.optionalSeconds("timeout_s") ?? timeout
        attempts = try json.optionalCount("attempts", in: 1...10) ?? attempts
        budget = try json.optionalSeconds("budget_s") ?? budget
        changes = try json.optionalBool("changes") ?? changes
        failureText = try json.optionalString("failure_text")
        redact = try json.optionalStrings("redact") ?? []
    }

    public var json: JSONObject {
        .building { json in
            json.add("name", .string(name))
            json.add("description", description.map { .string($0) })
            json.add("parameters", parameters.map { .object($0) })
            json.add("url", .string(url.description))
            json.add("method", .string(method.rawValue))
            let fields = headers.map { JSONObject.Member(name: $0.name, value: .string($0.value)) }
            json.add("headers", fields.isEmpty ? nil : .object(JSONObject(fields)))
            json.add("timeout_s", .double(timeout.inSeconds))
            json.add("attempts", .integer(attempts))
            json.add("budget_s", .double(budget.inSeconds))
            json.add("changes", .bool(changes))
            json.add("failure_text", failureText.map { .string($0) })
            json.add("redact", redact.isEmpty ? nil : .strings(redact))
        }
    }
}
