public import JSONWire
internal import Wording

/// Which members a kind of object has, so that one that is misspelt is not taken for one that was left out.
private indirect enum MemberNames: Sendable {
    case of([String: MemberNames])
    case eachOf(MemberNames)
    /// Somebody else's matter, or no object.
    case any

    static func names(_ names: String...) -> MemberNames {
        .of(Dictionary(uniqueKeysWithValues: names.map { ($0, .any) }))
    }

    /// The place of the first that is not known.
    func unknown(in value: JSONValue, at path: String) -> String? {
        switch (self, value) {
        case (.of(let known), .object(let object)):
            for member in object.members {
                let place = path.isEmpty ? member.name : "\(path).\(member.name)"
                guard let names = known[member.name] else { return place }
                if let found = names.unknown(in: member.value, at: place) { return found }
            }
            return nil
        case (.eachOf(let names), .array(let values)):
            for (index, value) in values.enumerated() {
                if let found = names.unknown(in: value, at: "\(path)[\(index)]") { return found }
            }
            return nil
        case (.of, _), (.eachOf, _), (.any, _): return nil
        }
    }

    static let agent = MemberNames.of([
        "id": .any, "upstream": .any, "model": .any, "voice": .any, "instructions": .any, "first_message": .any,
        "language": .any, "protect_greeting": .any, "turn_detection": .any, "elevenlabs_agent_id": .any,
        "variables": .any, "metadata": .any, "builtins": .any, "transfer_to": .any, "allow_private_tools": .any,
        "recording": .any, "consent_message": .any, "transcript": .any,
        "tools": .eachOf(
            .names(
                "name", "description", "parameters", "url", "method", "headers", "timeout_s", "attempts", "budget_s",
                "changes", "failure_text", "redact")),
        "fallback": .names("agent", "say", "transfer_to"), "limits": .names("max_call_s", "calls"),
    ])

    static let number = MemberNames.of([
        "number": .any, "agent": .any, "label": .any, "canary": .names("agent", "share"),
    ])
}

extension Agent {
    /// From what somebody sent: every member has to be one that agents have.
    public init(checking json: JSONObject) throws(RosterRefusal) {
        try self.init(checking: json, patch: json, keeping: nil)
    }

    /// In the place of the agent of this id, which `json` may name again and must not change.
    public init(checking json: JSONObject, keeping id: String) throws(RosterRefusal) {
        try self.init(checking: json["id"] == nil ? json.merging(.naming("id", id)) : json, patch: json, keeping: id)
    }

    init(checking json: JSONObject, patch: JSONObject, keeping id: String?) throws(RosterRefusal) {
        if let name = MemberNames.agent.unknown(in: .object(patch), at: "") { throw .unknownMember(name) }
        do throws(JSONError) {
            try self.init(json: json)
        } catch {
            throw .invalid(error)
        }
        if let id, self.id != id { throw .renamed("id") }
    }
}

extension NumberEntry {
    /// From what somebody sent: every member has to be one that numbers have.
    public init(checking json: JSONObject) throws(RosterRefusal) {
        try self.init(checking: json, patch: json, keeping: nil)
    }

    /// In the place of the entry of this number, which `json` may name again and must not change.
    public init(checking json: JSONObject, keeping number: String) throws(RosterRefusal) {
        try self.init(
            checking: json["number"] == nil ? json.merging(.naming("number", number)) : json, patch: json,
            keeping: number)
    }

    init(checking json: JSONObject, patch: JSONObject, keeping number: String?) throws(RosterRefusal) {
        if let name = MemberNames.number.unknown(in: .object(patch), at: "") { throw .unknownMember(name) }
        do throws(JSONError) {
            try self.init(json: json)
        } catch {
            throw .invalid(error)
        }
        if let number, self.number.unmasked != number { throw .renamed("number") }
    }
}

extension JSONObject {
    fileprivate static func naming(_ name: String, _ text: String) -> JSONObject {
        JSONObject([Member(name: name, value: .string(text))])
    }
}
