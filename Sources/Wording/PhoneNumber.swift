/// A party of a call as the carrier names it: a number, or an address such as `client:alice`. Shown masked.
public struct PhoneNumber: Hashable, Sendable {
    /// As it came, for dialling and for records; never for logs.
    public let unmasked: String

    public init(_ text: String) {
        unmasked = text
    }

    /// Keeps what support needs to tell two calls apart and hides at least five digits: `+15•••0123`.
    public var masked: String {
        var rest = unmasked[...]
        var scheme = ""
        if let colon = rest.firstIndex(of: ":"), Self.knownSchemes.contains(String(rest[...colon])) {
            scheme = String(rest[...colon])
            rest = rest[rest.index(after: colon)...]
        }
        let plus = rest.hasPrefix("+") ? "+" : ""
        let digits = rest.dropFirst(plus.count)
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.utf8.count <= 20 else {
            return scheme + Secret.mask
        }
        let spare = max(0, digits.count - 5)
        let tail = min(4, spare)
        let head = min(2, spare - tail)
        return "\(scheme)\(head > 0 ? plus : "")\(digits.prefix(head))\(Secret.mask)\(digits.suffix(tail))"
    }

    /// The text with each number in it masked: a plus sign and the digits that follow, five of them or more.
    public static func masking(in text: String) -> String {
        var output = ""
        var rest = text[...]
        while let plus = rest.firstIndex(of: "+") {
            let digits = rest[rest.index(after: plus)...].prefix { $0.isASCII && $0.isNumber }
            output += rest[..<plus]
            output += digits.count >= 5 ? PhoneNumber("+\(digits)").masked : "+\(digits)"
            rest = rest[digits.endIndex...]
        }
        return output + rest
    }

    private static let knownSchemes: Set<String> = ["client:", "sip:", "sips:", "tel:", "whatsapp:"]
}

extension PhoneNumber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { masked }
    public var debugDescription: String { masked }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
