public import JSONWire

/// What one sweep found and did.
public struct SweepReport: Hashable, Sendable {
    public struct Closed: Hashable, Sendable {
        public let call: CallID
        public let providerCallID: String?
        public let reason: EndReason
        public let cause: SweepCause

        public init(call: CallID, providerCallID: String?, reason: EndReason, cause: SweepCause) {
            self.call = call
            self.providerCallID = providerCallID
            self.reason = reason
            self.cause = cause
        }
    }

    public var lookedAt = 0
    public var closed: [Closed] = []
    /// Open records that were left as they are, by why.
    public var left: [SweepVerdict.Leaving: Int] = [:]
    /// Those that have some time yet: for a stream to come, for a last word to be written, for a caller to come back.
    public var waiting = 0
    /// Those of which the carrier owes an answer.
    public var unreconciled = 0

    public init() {}

    public var json: JSONObject {
        .building { json in
            json.add("looked_at", .integer(lookedAt))
            json.add("closed", .array(closed.map { .object($0.json) }))
            for leaving in SweepVerdict.Leaving.allCases { json.add(leaving.rawValue, .integer(left[leaving] ?? 0)) }
            json.add("waiting", .integer(waiting))
            json.add("unreconciled", .integer(unreconciled))
        }
    }
}

extension SweepReport.Closed {
    fileprivate var json: JSONObject {
        .building { json in
            json.add("id", .string(call.description))
            json.addOrNull("provider_call_id", providerCallID.map { .string($0) })
            json.add("status", .string(reason.status.rawValue))
            json.add("end_reason", .string(reason.rawValue))
            json.add("why", .string(cause.words))
        }
    }
}
