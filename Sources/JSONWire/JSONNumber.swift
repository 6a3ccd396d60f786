/// A number as it was written, so that no digit is lost on the way through. Equal when written alike.
public struct JSONNumber: Hashable, Sendable {
    public let text: String

    /// - Precondition: `text` keeps JSON's grammar.
    init(text: String) {
        self.text = text
    }

    public init(_ value: some FixedWidthInteger) {
        text = String(value)
    }

    /// Nil for what is no number: JSON has no infinity.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// The whole number that this is, `1.0` and `1e3` included; nil where there is a fraction, or it would not fit or
    /// not be exact.
    public var integer: Int64? {
        if let whole = Int64(text) { return whole }
        guard let value = Int64(exactly: double ?? .nan), value.magnitude < 1 << 53 else { return nil }
        return value
    }

    /// The nearest double; nil past its range.
    public var double: Double? {
        Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
}
