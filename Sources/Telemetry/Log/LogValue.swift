public import Wording

/// What a log line says about one thing, by kind, so that the kind decides how it may be shown.
public enum LogValue: Hashable, Sendable {
    /// Our own words: names, states, identifiers.
    case string(String)
    /// Whatever a peer sent.
    case peer(PeerText)
    case phone(PhoneNumber)
    case secret(Secret)
    case integer(Int)
    case double(Double)
    case bool(Bool)
    case duration(Duration)
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// The named values of a line, in the order in which they were given.
public struct LogFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    struct Field: Hashable, Sendable {
        let name: String
        let value: LogValue
    }

    private(set) var fields: [Field] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, LogValue)...) {
        for (name, value) in elements { self[name] = value }
    }

    public subscript(name: String) -> LogValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index] = Field(name: name, value: value)
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append(Field(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The others are added; where both name a thing, theirs holds.
    public func merging(_ others: LogFields) -> LogFields {
        guard !fields.isEmpty else { return others }
        var merged = self
        for field in others.fields { merged[field.name] = field.value }
        return merged
    }
}
