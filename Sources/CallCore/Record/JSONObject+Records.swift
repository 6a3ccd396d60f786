internal import JSONWire
internal import Timeline
internal import Wording

// What members of records are, beyond JSON's own kinds. Nil where a member is missing or null.
extension JSONObject {
    func word<Word: RawRepresentable<String>>(_ name: String) throws(JSONError) -> Word {
        try present(name, optionalWord(name))
    }

    func time(_ name: String) throws(JSONError) -> UTCTime {
        try present(name, optionalTime(name))
    }

    func optionalTime(_ name: String) throws(JSONError) -> UTCTime? {
        guard let text = try optionalString(name) else { return nil }
        guard let time = UTCTime(rfc3339: text) else { throw .invalidValue(name) }
        return time
    }

    func callID(_ name: String) throws(JSONError) -> CallID {
        guard let id = CallID(try string(name)) else { throw .invalidValue(name) }
        return id
    }

    func int(_ name: String) throws(JSONError) -> Int {
        try present(name, optionalInt(name))
    }

    func optionalInt(_ name: String) throws(JSONError) -> Int? {
        guard let value = try optionalInteger(name) else { return nil }
        guard let int = Int(exactly: value) else { throw .invalidValue(name) }
        return int
    }

    /// To the nanosecond.
    func optionalDuration(_ name: String) throws(JSONError) -> Duration? {
        guard let seconds = try optionalNumber(name) else { return nil }
        guard let duration = Duration(seconds: seconds) else { throw .invalidValue(name) }
        return duration
    }

    func optionalParty(_ name: String) throws(JSONError) -> PhoneNumber? {
        try optionalString(name).map { PhoneNumber($0) }
    }

    /// A member that is an object of ours.
    func optional<Value>(
        _ name: String, _ read: (JSONObject) throws(JSONError) -> Value
    ) throws(JSONError) -> Value? {
        guard let object = try optionalObject(name) else { return nil }
        do throws(JSONError) {
            return try read(object)
        } catch {
            throw error.inside(name)
        }
    }

    private func present<Value>(_ name: String, _ value: Value?) throws(JSONError) -> Value {
        guard let value else { throw .missing(name) }
        return value
    }
}

extension JSONObject.Builder {
    mutating func add(_ name: String, time: UTCTime?) { add(name, time.map { .string($0.description) }) }
    mutating func add(_ name: String, word: (some RawRepresentable<String>)?) {
        add(name, word.map { .string($0.rawValue) })
    }
    mutating func add(_ name: String, text: String?) { add(name, text.map { .string($0) }) }
    mutating func add(_ name: String, object: JSONObject?) { add(name, object.map { .object($0) }) }
}
