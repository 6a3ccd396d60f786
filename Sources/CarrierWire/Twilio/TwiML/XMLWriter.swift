/// Writes elements with everything escaped that XML 1.0 wants escaped.
struct XMLWriter {
    private(set) var bytes: [UInt8] = Array(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8)

    /// - Parameter attributes: Those without a value are left out.
    mutating func element(
        _ name: String, _ attributes: [(String, String?)] = [], text: String? = nil,
        _ content: (inout XMLWriter) -> Void = { _ in }
    ) {
        bytes += "<\(name)".utf8
        for case (let attribute, let value?) in attributes {
            bytes += " \(attribute)=\"".utf8
            append(value, inAttribute: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: ">"))
        append(text ?? "", inAttribute: false)
        content(&self)
        bytes += "</\(name)>".utf8
    }

    private mutating func append(_ text: String, inAttribute: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"": bytes += "&quot;".utf8
            case "'": bytes += "&apos;".utf8
            // A reader turns a bare one into a newline.
            case "\r": bytes += "&#13;".utf8
            // A reader turns these into blanks where they stand in an attribute.
            case "\t" where inAttribute: bytes += "&#9;".utf8
            case "\n" where inAttribute: bytes += "&#10;".utf8
            case _ where Self.isForbidden(scalar): bytes.append(UInt8(ascii: " "))
            default: bytes += UTF8.encode(scalar)!
            }
        }
    }

    /// XML 1.0 cannot say these at all, not even escaped.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": false
        case "\0"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": true
        default: false
        }
    }
}
