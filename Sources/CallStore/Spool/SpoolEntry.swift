package import CallCore
internal import JSONWire
package import Timeline
internal import Wording

/// Facts that the store could not take in time, as they stand in the spool's file.
package struct SpoolEntry: Hashable, Sendable {
    /// Of the write: the store takes it once, however often it is tried.
    let id: CallID
    let at: UTCTime
    /// The same moment on the host's clock.
    let moment: HostMoment?
    package let facts: CallFacts

    package init(id: CallID, at: UTCTime, _ moment: HostMoment? = nil, facts: CallFacts) {
        self.id = id
        self.at = at
        self.moment = moment
        self.facts = facts
    }

    package var bytes: [UInt8] {
        JSONText.bytes(
            .building { json in
                json.add("id", .string(id.description))
                json.add("at", .string(at.description))
                json.add("run", (moment?.run).map { .string($0) })
                json.add("moment", (moment?.at.nanoseconds).map { .integer($0) })
                json.add("facts", .object(facts.json))
            })
    }

    package init(bytes: [UInt8]) throws(CallStoreError) {
        self = try JSONText.read(bytes) { json throws(JSONError) in
            guard let id = CallID(try json.string("id")) else { throw .invalidValue("id") }
            guard let at = UTCTime(rfc3339: try json.string("at")) else { throw .invalidValue("at") }
            var moment: HostMoment?
            if let nanoseconds = try json.optionalInteger("moment") {
                moment = HostMoment(run: try json.string("run"), at: Instant(nanoseconds: nanoseconds))
            }
            return SpoolEntry(id: id, at: at, moment, facts: try CallFacts(json: try json.object("facts")))
        }
    }
}
