public import JSONWire
public import Timeline
public import Wording

/// A call that is to be dialled, as it waits for its turn.
public struct DialOrder: Hashable, Sendable {
    /// Whether the carrier is to find out if a machine answers.
    public enum MachineDetection: String, Hashable, Sendable, CaseIterable {
        /// Told as soon as it is known.
        case early
        /// Told when the machine's greeting is over.
        case afterGreeting = "after-greeting"
    }

    public let call: CallID
    public let from: PhoneNumber
    public let to: PhoneNumber
    /// Where the carrier reaches this bridge: scheme, host and what stands before our paths.
    public let base: String
    public let due: UTCTime
    /// Not dialled from then on; nil never.
    public let expires: UTCTime?
    /// The longest that the call may last.
    public let limitSeconds: Int
    public let detection: MachineDetection?

    public init(
        call: CallID, from: PhoneNumber, to: PhoneNumber, base: String, due: UTCTime, expires: UTCTime?,
        limitSeconds: Int, detection: MachineDetection? = nil
    ) {
        self.call = call
        self.from = from
        self.to = to
        self.base = base
        self.due = due
        self.expires = expires
        self.limitSeconds = limitSeconds
        self.detection = detection
    }

    public func isExpired(at now: UTCTime) -> Bool { expires.map { $0 <= now } ?? false }

    /// When to look at it again that has to wait until then.
    public func wake(_ time: UTCTime) -> UTCTime { expires.map { min($0, time) } ?? time }
}

// As a store keeps it.
extension DialOrder {
    public var json: JSONObject {
        .building { json in
            json.add("call", .string(call.description))
            json.add("from", .string(from.unmasked))
            json.add("to", .string(to.unmasked))
            json.add("base", .string(base))
            json.add("due", time: due)
            json.add("expires", time: expires)
            json.add("limit_s", .integer(limitSeconds))
            json.add("detection", word: detection)
        }
    }

    public init(json: JSONObject) throws(JSONError) {
        self.init(
            call: try json.callID("call"), from: PhoneNumber(try json.string("from")),
            to: PhoneNumber(try json.string("to")), base: try json.string("base"), due: try json.time("due"),
            expires: try json.optionalTime("expires"), limitSeconds: try json.int("limit_s"),
            detection: try json.optionalWord("detection"))
    }
}
