public import JSONWire
internal import Timeline
internal import Wording

// The record in the form that the API has.
extension CallRecord {
    public var json: JSONObject {
        .building { json in
            addParties(to: &json)
            json.add("metadata", .object(metadata))
            json.add("variables", .object(variables))
            json.add("status", .string(status.rawValue))
            json.addOrNull("end_reason", endReason.map { .string($0.rawValue) })
            json.addOrNull("error", failure.map { .object($0.json) })
            json.add("created_at", .string(createdAt.description))
            if let scheduledAt { json.add("schedule_at", .string(scheduledAt.description)) }
            json.addOrNull("answered_at", answeredAt.map { .string($0.description) })
            json.addOrNull("ended_at", endedAt.map { .string($0.description) })
            json.addOrNull("duration_s", duration.map { .double($0.inSeconds) })
            json.addOrNull("carrier_status", carrier.status.map { .string($0) })
            json.addOrNull("carrier_duration_s", carrier.duration.map { .double($0.inSeconds) })
            json.addOrNull("answered_by", carrier.answeredBy.map { .string($0.rawValue) })
            json.addOrNull("sip_code", carrier.sipCode.map { .integer($0) })
            json.addOrNull("price", carrier.price.map { .string($0) })
            if let since = unreconciledSince { json.add("unreconciled_since", .string(since.description)) }
            json.addOrNull("disposition", disposition.map { .string($0) })
            json.addOrNull("usage", usage.map { .object($0) })
            json.addOrNull("quality", quality.map { .object($0.json) })
            json.add("tools", .array(tools.map { .object($0.json) }))
        }
    }

    private func addParties(to json: inout JSONObject.Builder) {
        json.add("id", .string(id.description))
        json.add("provider", .string(provider))
        json.addOrNull("provider_call_id", providerCallID.map { .string($0) })
        json.addOrNull("stream_id", streamID.map { .string($0) })
        json.add("direction", .string(direction.rawValue))
        json.addOrNull("from", from.map { .string($0.unmasked) })
        json.addOrNull("to", to.map { .string($0.unmasked) })
        json.addOrNull("agent", agent.map { .string($0) })
        json.addOrNull("upstream", upstream.map { .string($0.rawValue) })
        json.addOrNull("node", node.map { .string($0) })
    }
}

extension CallRecord.Failure {
    var json: JSONObject {
        .building { json in
            json.add("code", .string(code))
            json.add("message", .string(message))
        }
    }
}

extension CallRecord.ToolRun {
    var json: JSONObject {
        .building { json in
            json.add("name", .string(name))
            json.add("succeeded", .bool(succeeded))
            json.add("attempts", .integer(attempts))
            json.add("took_s", .double(took.inSeconds))
        }
    }
}
