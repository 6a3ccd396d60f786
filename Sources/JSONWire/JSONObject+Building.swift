extension JSONObject {
    /// Collects members one after the other.
    public struct Builder: Hashable, Sendable {
        private var members: [Member] = []

        public init() {}

        /// A member without a value is left out.
        public mutating func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(Member(name: name, value: value)) }
        }

        /// A member without a value is there, as null.
        public mutating func addOrNull(_ name: String, _ value: JSONValue?) {
            members.append(Member(name: name, value: value ?? .null))
        }

        public var object: JSONObject { JSONObject(members) }
    }

    /// The object that `build` collects.
    public static func building(_ build: (inout Builder) -> Void) -> JSONObject {
        var builder = Builder()
        build(&builder)
        return builder.object
    }
}

extension JSONValue {
    public static func integer(_ value: some FixedWidthInteger) -> JSONValue {
        .number(JSONNumber(value))
    }

    /// Null for what JSON has no number for: infinity, and what is none.
    public static func double(_ value: Double) -> JSONValue {
        JSONNumber(value).map { .number($0) } ?? .null
    }

    public static func strings(_ values: [String]) -> JSONValue {
        .array(values.map { .string($0) })
    }
}
