internal import JSONWire
internal import Wording

/// Fills variables into a text that names them as `{{name}}`.
enum TextTemplate {
    /// A name without a variable stays as it is written, so that the mistake can be seen. What is filled in is not
    /// looked at again.
    static func filling(_ text: String, with variables: JSONObject) -> String {
        var filled = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = rest[open.upperBound..<close.lowerBound].filter { $0 != " " }
            filled += rest[..<open.lowerBound]
            if let value = variables[name] {
                filled += words(for: value)
            } else {
                filled += rest[open.lowerBound..<close.upperBound]
            }
            rest = rest[close.upperBound...]
        }
        return filled + rest
    }

    private static func words(for value: JSONValue) -> String {
        guard case .string(let text) = value else {
            var json = JSONWriter()
            value.write(to: &json)
            return json.text
        }
        return text
    }
}
