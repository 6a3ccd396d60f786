/// Text out of URLs (RFC 3986 section 2.1).
enum PercentEncoding {
    /// Nil if a percent sign is not followed by two hex digits, or the bytes are no UTF-8.
    ///
    /// - Parameter isForm: Whether a plus stands for a blank, as in queries.
    static func decode(_ text: Substring, isForm: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || isForm && $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where isForm: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// What follows a path's question mark, in order.
public struct QueryItems: Hashable, Sendable {
    public struct Item: Hashable, Sendable {
        public let name: String
        public let value: String
    }

    public let items: [Item]

    /// Nil if it is not well encoded.
    init?(_ query: Substring?) {
        var items: [Item] = []
        for part in query?.split(separator: "&") ?? [] {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(pair[0], isForm: true),
                let value = PercentEncoding.decode(pair.count > 1 ? pair[1] : "", isForm: true)
            else { return nil }
            items.append(Item(name: name, value: value))
        }
        self.items = items
    }

    /// The value of the first item of this name.
    public subscript(name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    public func contains(_ name: String) -> Bool {
        items.contains { $0.name == name }
    }
}
