internal import Wording

/// How the words of an option or argument become a value.
public struct OptionKind<Value: Sendable>: Sendable {
    /// Ends the sentence "…: expected".
    let expected: String
    let read: @Sendable (String) -> Value?
    /// Words that may be meant when none fits.
    var candidates: [String] = []

    public init(expected: String, read: @escaping @Sendable (String) -> Value?) {
        self.expected = expected
        self.read = read
    }

    func value(of text: String, for name: String) throws(UsageError) -> Value {
        if let value = read(text) { return value }
        let shown = VisibleText.escaping(text, limit: 64)
        let hint = NearMiss.hint(for: text, among: candidates)
        throw UsageError("\(name) cannot be '\(shown)': expected \(expected)\(hint)")
    }
}

extension OptionKind<String> {
    public static let text = OptionKind(expected: "some text") { $0.isEmpty ? nil : $0 }
}

extension OptionKind<Int> {
    public static func integer(_ range: ClosedRange<Int>) -> OptionKind {
        OptionKind(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension OptionKind where Value: CaseIterable & RawRepresentable<String> {
    /// One of an enumeration's words.
    public static var choice: OptionKind {
        let words = Value.allCases.map(\.rawValue)
        var kind = OptionKind(expected: words.joined(separator: ", ")) { Value(rawValue: $0) }
        kind.candidates = words
        return kind
    }
}
