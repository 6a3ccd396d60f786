internal import Synchronization
internal import Timeline
internal import Wording

extension PhoneCall {
    /// As the carrier shows it; what it does not know is null.
    var json: JSONWriter {
        var json = JSONWriter()
        write(to: &json)
        return json
    }

    func write(to json: inout JSONWriter) {
        let state = state.withLock { state in
            (
                status: state.status, created: state.created, answered: state.answered, ended: state.ended,
                answeredBy: state.answeredBy
            )
        }
        json.object { json in
            json.member("sid", identity.call)
            json.member("account_sid", identity.account)
            json.member("from", setting.from)
            json.member("from_formatted", setting.from)
            json.member("to", setting.to)
            json.member("to_formatted", setting.to)
            // What callbacks call initiated is still queued here.
            json.member("status", state.status == "initiated" ? "queued" : state.status)
            json.member("direction", setting.direction.rawValue)
            json.member("api_version", "2010-04-01")
            json.member("date_created", CarrierDate.text(state.created))
            json.member("date_updated", CarrierDate.text(state.ended ?? state.answered ?? state.created))
            json.optional("start_time", state.answered.map(CarrierDate.text))
            json.optional("end_time", state.ended.map(CarrierDate.text))
            json.optional(
                "duration",
                state.ended.map { end in
                    let since = state.answered ?? (setting.direction == .inbound ? state.created : end)
                    return String((end.millisecondsSince1970 - since.millisecondsSince1970 + 500) / 1_000)
                })
            json.optional("answered_by", state.answeredBy)
            for name in ["parent_call_sid", "price", "caller_name", "forwarded_from", "group_sid", "trunk_sid"] {
                json.optional(name, nil)
            }
            json.member("price_unit", "USD")
            json.member("queue_time", "0")
            json.member("uri", "/2010-04-01/Accounts/\(identity.account)/Calls/\(identity.call).json")
        }
    }
}

extension JSONWriter {
    mutating func optional(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }
}
