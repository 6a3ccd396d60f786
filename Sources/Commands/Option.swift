/// What a command takes by name or by place, without the type of its value.
public protocol CommandInput: Sendable {
    var form: InputForm { get }
    /// The value, from all texts that were given for it, in their order.
    func anyValue(of texts: [String]) throws(UsageError) -> any Sendable
}

/// How an input is written, and what the help says of it.
public struct InputForm: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        /// `--name VALUE`, or `--name` alone when it takes none.
        case named(takesValue: Bool)
        case positional(isRepeated: Bool)
    }

    let place: Place
    /// Without dashes; for a positional the placeholder.
    let name: String
    let placeholder: String
    let isRequired: Bool
    let help: String
    let defaultText: String?

    /// As it is named in a sentence: `--listen`, `FILE`.
    public var label: String {
        switch place {
        case .named: "--\(name)"
        case .positional: name
        }
    }
}

/// An option `--name VALUE` (or `--name=VALUE`). Given twice, the last holds.
public struct Option<Value: Sendable>: CommandInput {
    public let form: InputForm
    private let read: @Sendable ([String]) throws(UsageError) -> Value

    /// An option with a default.
    public init(
        _ name: String, _ placeholder: String, _ kind: OptionKind<Value>, default fallback: Value, help: String
    ) {
        // A choice is called what one would type.
        let shown = (fallback as? any RawRepresentable<String>)?.rawValue ?? "\(fallback)"
        self.init(name, placeholder, defaultText: shown, help: help) { (texts) throws(UsageError) in
            guard let text = texts.last else { return fallback }
            return try kind.value(of: text, for: "--\(name)")
        }
    }

    /// An option that may be left out.
    public init<Wrapped>(
        _ name: String, _ placeholder: String, _ kind: OptionKind<Wrapped>, help: String
    ) where Value == Wrapped? {
        self.init(name, placeholder, help: help) { (texts) throws(UsageError) in
            guard let text = texts.last else { return nil }
            return try kind.value(of: text, for: "--\(name)")
        }
    }

    /// An option that must be given.
    public init(required name: String, _ placeholder: String, _ kind: OptionKind<Value>, help: String) {
        self.init(name, placeholder, isRequired: true, help: help) { (texts) throws(UsageError) in
            guard let text = texts.last else { throw UsageError("--\(name) is missing: expected \(kind.expected)") }
            return try kind.value(of: text, for: "--\(name)")
        }
    }

    /// An option that may be given several times.
    public init<Element>(
        repeated name: String, _ placeholder: String, _ kind: OptionKind<Element>, help: String
    ) where Value == [Element] {
        self.init(name, placeholder, help: "\(help) May be given several times.") { (texts) throws(UsageError) in
            var values: [Element] = []
            for text in texts { values.append(try kind.value(of: text, for: "--\(name)")) }
            return values
        }
    }

    /// An option without a value: true when it is given.
    public init(flag name: String, help: String) where Value == Bool {
        form = InputForm(
            place: .named(takesValue: false), name: name, placeholder: "", isRequired: false, help: help,
            defaultText: nil)
        read = { (texts) in !texts.isEmpty }
    }

    private init(
        _ name: String, _ placeholder: String, isRequired: Bool = false, defaultText: String? = nil, help: String,
        read: @escaping @Sendable ([String]) throws(UsageError) -> Value
    ) {
        form = InputForm(
            place: .named(takesValue: true), name: name, placeholder: placeholder, isRequired: isRequired, help: help,
            defaultText: defaultText)
        self.read = read
    }

    public func anyValue(of texts: [String]) throws(UsageError) -> any Sendable {
        try read(texts)
    }
}

/// What stands in its place without a name: the FILE of `replay FILE`.
public struct Argument<Value: Sendable>: CommandInput {
    public let form: InputForm
    private let read: @Sendable ([String]) throws(UsageError) -> Value

    public init(_ name: String, _ kind: OptionKind<Value>, help: String) {
        form = InputForm(
            place: .positional(isRepeated: false), name: name, placeholder: name, isRequired: true, help: help,
            defaultText: nil)
        read = { (texts) throws(UsageError) in
            guard let text = texts.first else { throw UsageError("\(name) is missing: \(help)") }
            return try kind.value(of: text, for: name)
        }
    }

    /// One that may be left out.
    public init<Wrapped>(optional name: String, _ kind: OptionKind<Wrapped>, help: String) where Value == Wrapped? {
        form = InputForm(
            place: .positional(isRepeated: false), name: name, placeholder: name, isRequired: false, help: help,
            defaultText: nil)
        read = { (texts) throws(UsageError) in
            guard let text = texts.first else { return nil }
            return try kind.value(of: text, for: name)
        }
    }

    /// All that follow; the last of a command's arguments.
    public init<Element>(repeated name: String, _ kind: OptionKind<Element>, help: String) where Value == [Element] {
        form = InputForm(
            place: .positional(isRepeated: true), name: name, placeholder: "\(name)…", isRequired: false, help: help,
            defaultText: nil)
        read = { (texts) throws(UsageError) in
            var values: [Element] = []
            for text in texts { values.append(try kind.value(of: text, for: name)) }
            return values
        }
    }

    public func anyValue(of texts: [String]) throws(UsageError) -> any Sendable {
        try read(texts)
    }
}
