/// An element of an XML document: enough of XML to read what a call is to do, and no more.
struct XMLElement: Hashable, Sendable {
    let name: String
    let attributes: [String: String]
    var children: [XMLElement] = []
    /// All text right inside it.
    var text = ""

    struct Fault: Error, Hashable, Sendable {
        let message: String
    }

    func children(named name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Reads a whole document.
    static func read(_ text: String) throws(Fault) -> XMLElement {
        var reader = XMLReader(text)
        return try reader.document()
    }
}

private struct XMLReader {
    private static let deepest = 16
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    mutating func document() throws(XMLElement.Fault) -> XMLElement {
        if rest.hasPrefix("<?xml") { try skip(past: "?>") }
        try skipBetween()
        guard rest.hasPrefix("<") else { throw fault("it does not begin with an element") }
        let root = try element(depth: 0)
        try skipBetween()
        guard rest.isEmpty else { throw fault("something follows its end") }
        return root
    }

    private mutating func element(depth: Int) throws(XMLElement.Fault) -> XMLElement {
        guard depth < Self.deepest else { throw fault("it is nested too deep") }
        rest.removeFirst()
        let name = try takeName()
        var attributes: [String: String] = [:]
        while true {
            let hadBlank = skipBlanks()
            if rest.hasPrefix("/>") {
                rest.removeFirst(2)
                return XMLElement(name: name, attributes: attributes)
            }
            if rest.hasPrefix(">") {
                rest.removeFirst()
                break
            }
            guard hadBlank else { throw fault("a blank is missing in <\(name)>") }
            let (key, value) = try attribute()
            guard attributes.updateValue(value, forKey: key) == nil else { throw fault("'\(key)' comes twice") }
        }
        return try content(of: XMLElement(name: name, attributes: attributes), depth: depth)
    }

    private mutating func content(of start: XMLElement, depth: Int) throws(XMLElement.Fault) -> XMLElement {
        var element = start
        while true {
            let text = rest.prefix { $0 != "<" }
            element.text += try resolved(text)
            rest = rest[text.endIndex...]
            if rest.hasPrefix("<!--") {
                try skip(past: "-->")
            } else if rest.hasPrefix("</") {
                rest.removeFirst(2)
                guard try takeName() == element.name else { throw fault("<\(element.name)> is not closed in order") }
                skipBlanks()
                guard rest.popFirst() == ">" else { throw fault("</\(element.name) has no end") }
                return element
            } else if rest.hasPrefix("<") {
                element.children.append(try self.element(depth: depth + 1))
            } else {
                throw fault("<\(element.name)> is not closed")
            }
        }
    }

    private mutating func attribute() throws(XMLElement.Fault) -> (String, String) {
        let name = try takeName()
        skipBlanks()
        guard rest.popFirst() == "=" else { throw fault("'\(name)' has no value") }
        skipBlanks()
        guard let quote = rest.popFirst(), quote == "\"" || quote == "'" else {
            throw fault("the value of '\(name)' is not in quotes")
        }
        let value = rest.prefix { $0 != quote }
        guard value.endIndex < rest.endIndex, !value.contains("<") else { throw fault("'\(name)' has no end") }
        rest = rest[rest.index(after: value.endIndex)...]
        return (name, try resolved(value))
    }

    private mutating func takeName() throws(XMLElement.Fault) -> String {
        let name = rest.prefix { $0.isLetter || $0.isNumber || "-_.:".contains($0) }
        guard let first = name.first, first.isLetter || first == "_" else { throw fault("a name is missing") }
        rest = rest[name.endIndex...]
        return String(name)
    }

    /// Text with its entities resolved.
    private func resolved(_ text: Substring) throws(XMLElement.Fault) -> String {
        guard text.contains("&") else { return String(text) }
        var output = ""
        var left = text
        while let ampersand = left.firstIndex(of: "&") {
            output += left[..<ampersand]
            guard let end = left[ampersand...].firstIndex(of: ";") else { throw fault("a & stands alone") }
            output.unicodeScalars.append(try scalar(left[left.index(after: ampersand)..<end]))
            left = left[left.index(after: end)...]
        }
        return output + left
    }

    private func scalar(_ entity: Substring) throws(XMLElement.Fault) -> Unicode.Scalar {
        switch entity {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let isHex = entity.hasPrefix("#x")
            let digits = entity.dropFirst(isHex ? 2 : 1)
            guard entity.hasPrefix("#"), let number = UInt32(digits, radix: isHex ? 16 : 10),
                let scalar = Unicode.Scalar(number)
            else { throw fault("&\(entity); is unknown") }
            return scalar
        }
    }

    @discardableResult
    private mutating func skipBlanks() -> Bool {
        let kept = rest.drop { $0.isWhitespace }
        defer { rest = kept }
        return kept.startIndex != rest.startIndex
    }

    /// Blanks and remarks.
    private mutating func skipBetween() throws(XMLElement.Fault) {
        skipBlanks()
        while rest.hasPrefix("<!--") {
            try skip(past: "-->")
            skipBlanks()
        }
    }

    private mutating func skip(past end: String) throws(XMLElement.Fault) {
        guard let range = rest.firstRange(of: end) else { throw fault("'\(end)' is missing") }
        rest = rest[range.upperBound...]
    }

    private func fault(_ message: String) -> XMLElement.Fault {
        XMLElement.Fault(message: message)
    }
}
