public import JSONWire
internal import Timeline
internal import Wording

// Facts as text, for a store that keeps them in a file until it can take them.
extension CallFacts {
    public var json: JSONObject {
        .building { json in
            switch call {
            case .id(let id): json.add("id", text: id.description)
            case .provider(let name): json.add("provider", text: name)
            }
            json.add("provider_call_id", text: providerCallID)
            json.add("opening", object: opening?.storedJSON)
            json.add("identity", text: identity)
            json.add("component", .string(component))
            json.add("owner", owner.map { .integer($0.number) })
            json.add("steps", .array(steps.map { .object($0.json) }))
        }
    }

    public init(json: JSONObject) throws(JSONError) {
        let call: CallReference
        if let name = try json.optionalString("provider") {
            call = .provider(name)
        } else {
            call = .id(try json.callID("id"))
        }
        self.init(
            of: call, by: try json.string("component"), identity: try json.optionalString("identity"),
            orOpen: try json.optional("opening") { json throws(JSONError) in try CallRecord(json: json) },
            try json.optionalObjects("steps") { json throws(JSONError) in try Step(json: json) } ?? [])
        providerCallID = try json.optionalString("provider_call_id")
        owner = try json.optionalInteger("owner").map { NodeEpoch($0) }
    }
}

extension CallFacts.Step {
    fileprivate var json: JSONObject {
        .building { json in
            switch self {
            case .event(let event): json.add("event", object: event.json)
            case .turn(let turn): json.add("turn", object: turn.json)
            case .change(let change, let telling):
                json.add("change", object: change.json)
                guard case .webhook(let path, let status, let time) = telling else { return }
                json.add("path", text: path)
                json.add("status", text: status)
                json.add("at", time: time)
            }
        }
    }

    fileprivate init(json: JSONObject) throws(JSONError) {
        if let event = try json.optional("event", { json throws(JSONError) in try CallEvent(json: json) }) {
            self = .event(event)
        } else if let turn = try json.optional("turn", { json throws(JSONError) in try TranscriptTurn(json: json) }) {
            self = .turn(turn)
        } else if let change = try json.optional("change", { json throws(JSONError) in try CallChange(json: json) }) {
            guard let path = try json.optionalString("path") else {
                self = .change(change)
                return
            }
            self = .change(
                change, .webhook(path: path, status: try json.string("status"), at: try json.time("at")))
        } else {
            throw .missing("change")
        }
    }
}

extension CallChange {
    fileprivate var json: JSONObject {
        .building { json in
            json.add("at", time: at)
            switch status {
            case .advance(let status): json.add("advance", word: status)
            case .decide(let reason): json.add("decide", word: reason)
            case .finish(let reason): json.add("finish", word: reason)
            case .carrier(let status): json.add("carrier_says", word: status)
            case nil: break
            }
            json.add("provider_call_id", text: providerCallID)
            json.add("stream_id", text: streamID)
            json.add("from", text: from?.unmasked)
            json.add("to", text: to?.unmasked)
            json.add("agent", text: agent)
            json.add("upstream", word: upstream)
            json.add("node", text: node)
            json.add("metadata", object: metadata)
            json.add("variables", object: variables)
            json.add("error", object: failure?.json)
            json.add("carrier", object: carrier?.json)
            json.add("disposition", text: disposition)
            json.add("usage", object: usage)
            json.add("quality", object: quality?.json)
            json.add("unreconciled", isUnreconciled.map { .bool($0) })
            json.add("tools", tools.map { .array($0.map { .object($0.json) }) })
        }
    }

    fileprivate init(json: JSONObject) throws(JSONError) {
        self.init(at: try json.time("at"), try Self.status(json))
        providerCallID = try json.optionalString("provider_call_id")
        streamID = try json.optionalString("stream_id")
        from = try json.optionalParty("from")
        to = try json.optionalParty("to")
        agent = try json.optionalString("agent")
        upstream = try json.optionalWord("upstream")
        node = try json.optionalString("node")
        metadata = try json.optionalObject("metadata")
        variables = try json.optionalObject("variables")
        failure = try json.optional("error") { json throws(JSONError) in try CallRecord.Failure(json: json) }
        carrier = try json.optional("carrier") { json throws(JSONError) in try CallRecord.Carrier(json: json) }
        disposition = try json.optionalString("disposition")
        usage = try json.optionalObject("usage")
        quality = try json.optional("quality") { json throws(JSONError) in try CallQuality(json: json) }
        isUnreconciled = try json.optionalBool("unreconciled")
        tools = try json.optionalObjects("tools") { json throws(JSONError) in try CallRecord.ToolRun(json: json) }
    }

    private static func status(_ json: JSONObject) throws(JSONError) -> Status? {
        if let status: CallStatus = try json.optionalWord("advance") { return .advance(to: status) }
        if let reason: EndReason = try json.optionalWord("decide") { return .decide(reason) }
        if let reason: EndReason = try json.optionalWord("finish") { return .finish(reason) }
        return try json.optionalWord("carrier_says").map { .carrier($0) }
    }
}

extension CallRecord.Carrier {
    fileprivate var json: JSONObject {
        .building { json in
            json.add("status", text: status)
            json.add("duration_s", duration.map { .double($0.inSeconds) })
            json.add("answered_by", word: answeredBy)
            json.add("sip_code", sipCode.map { .integer($0) })
            json.add("price", text: price)
        }
    }

    fileprivate init(json: JSONObject) throws(JSONError) {
        self.init(
            status: try json.optionalString("status"), duration: try json.optionalDuration("duration_s"),
            answeredBy: try json.optionalWord("answered_by"), sipCode: try json.optionalInt("sip_code"),
            price: try json.optionalString("price"))
    }
}
