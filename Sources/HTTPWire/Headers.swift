/// The fields of a message head: in order, duplicates kept, names compared without regard to case.
public struct Headers: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    public struct Field: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var fields: [Field]

    public init(_ fields: [Field] = []) {
        self.fields = fields
    }

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    public mutating func append(_ field: Field) {
        fields.append(field)
    }

    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    public mutating func append(contentsOf other: Headers) {
        fields += other.fields
    }

    /// The value of the first field of this name.
    public subscript(name: String) -> String? {
        fields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The values of all fields of this name, in order.
    public func values(of name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    public func contains(_ name: String) -> Bool {
        fields.contains { $0.name.equalsIgnoringCase(name) }
    }

    /// The members of a comma-separated list, which may be spread over several fields. Empty members are dropped.
    public func list(_ name: String) -> [String] {
        values(of: name).flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).compactMap { member in
                let bytes = Array(member)
                let range = bytes.span.trimmed()
                return range.isEmpty ? nil : String(decoding: bytes[range], as: UTF8.self)
            }
        }
    }

    /// Whether a comma-separated list has this member, in whatever case.
    public func list(_ name: String, contains member: String) -> Bool {
        list(name).contains { $0.equalsIgnoringCase(member) }
    }
}
