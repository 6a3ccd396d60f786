/// Text that nobody may read by accident: printing, interpolating, dumping or logging it shows `•••`.
public struct Secret: Hashable, Sendable {
    public static let mask = "•••"

    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The text itself, for the one place that must send, sign or compare it.
    public func revealed() -> String {
        text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { Self.mask }
    public var debugDescription: String { Self.mask }
    /// Without children, so that `dump` and test failures show nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
