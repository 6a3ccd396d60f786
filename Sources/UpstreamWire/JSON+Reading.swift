internal import JSONWire

// What the reading of every vendor's messages needs.
extension JSONObject {
    /// An integer of the machine's own size; nil where it is missing or null.
    func whole(_ name: String) throws(JSONError) -> Int? {
        try optionalInteger(name).map(Int.init)
    }
}

extension JSONValue {
    /// - Parameter name: Of the array that this stands in.
    func asObject(_ name: String) throws(JSONError) -> JSONObject {
        guard case .object(let object) = self else { throw .wrongType(name, expected: .object, found: kind) }
        return object
    }
}
