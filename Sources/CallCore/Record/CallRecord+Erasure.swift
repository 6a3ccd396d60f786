internal import JSONWire

// What an erasure leaves of a call.
extension CallRecord {
    /// Takes out who spoke and what anybody wrote about it.
    public mutating func erase() {
        from = nil
        to = nil
        metadata = JSONObject()
        variables = JSONObject()
        disposition = nil
        failure?.message = "erased"
    }
}

extension CallEvent {
    /// That it happened and when; not what was in it.
    public var erased: CallEvent {
        CallEvent(at: at, call: call, kind: kind, component: component, data: JSONObject())
    }
}
