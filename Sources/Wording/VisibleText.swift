/// Text with everything that could act on a terminal or break a line made visible: `\n`, `\u{1b}`.
public enum VisibleText {
    /// The text on one line, for what may already be escaped: backslashes stay as they are.
    public static func singleLine(_ text: String) -> String {
        var output: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar == "\\" {
                output.append(UInt8(ascii: "\\"))
            } else {
                append(scalar, to: &output)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Escapes, and ends with `…` where the result would pass `limit` bytes; neither an escape nor a character is split.
    public static func escaping(_ text: some StringProtocol, limit: Int) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, text.utf8.count))
        appendEscaping(text, limit: limit, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// The same, appended to a line in the making; `limit` counts from here.
    public static func appendEscaping(_ text: some StringProtocol, limit: Int, to output: inout [UInt8]) {
        let start = output.count
        let ellipsis = "…".utf8
        var cut = start
        for scalar in text.unicodeScalars {
            append(scalar, to: &output)
            if output.count - start + ellipsis.count <= limit { cut = output.count }
            guard output.count - start <= limit else {
                output.removeSubrange(cut...)
                if limit >= ellipsis.count { output.append(contentsOf: ellipsis) }
                return
            }
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        switch scalar {
        case "\\": output.append(contentsOf: #"\\"#.utf8)
        case "\n": output.append(contentsOf: #"\n"#.utf8)
        case "\r": output.append(contentsOf: #"\r"#.utf8)
        case "\t": output.append(contentsOf: #"\t"#.utf8)
        case " "..."~": output.append(UInt8(truncatingIfNeeded: scalar.value))
        default:
            if actsOnDisplay(scalar) {
                output.append(contentsOf: #"\u{"#.utf8)
                output.append(contentsOf: String(scalar.value, radix: 16).utf8)
                output.append(UInt8(ascii: "}"))
            } else {
                output.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }

    /// Control codes, line separators, and the invisible format marks that turn or hide what stands around them.
    static func actsOnDisplay(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
