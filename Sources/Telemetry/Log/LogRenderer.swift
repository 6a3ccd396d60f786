internal import Timeline
internal import Wording

/// Turns records into lines of bytes. Every line ends with the only newline it holds.
struct LogRenderer {
    /// No line of ours is longer on purpose; a runaway message must not fill the disk.
    static let messageLimit = 4_096
    static let valueLimit = 1_024

    private let format: LogFormat
    private let style: TerminalStyle
    private var json = JSONWriter()

    init(format: LogFormat, style: TerminalStyle) {
        self.format = format
        self.style = style
    }

    mutating func append(_ record: LogRecord, to lines: inout [UInt8]) {
        switch format {
        case .text: appendText(record, to: &lines)
        case .json: appendJSON(record, to: &lines)
        }
        lines.append(UInt8(ascii: "\n"))
    }

    // MARK: JSON

    private static let reservedNames: Set<String> = ["time", "level", "component", "event", "message"]

    private mutating func appendJSON(_ record: LogRecord, to lines: inout [UInt8]) {
        json.removeAll()
        json.object { json in
            json.key("time")
            json.string(record.time.description)
            json.key("level")
            json.string(record.level.name)
            json.key("component")
            json.string(record.component)
            json.key("event")
            json.string(record.event)
            json.key("message")
            json.string(Self.cut(record.message, at: Self.messageLimit))
            for field in record.context.merging(record.fields).fields {
                json.key(Self.reservedNames.contains(field.name) ? field.name + "_" : field.name)
                Self.write(field.value, to: &json)
            }
        }
        lines.append(contentsOf: json.bytes)
    }

    private static func write(_ value: LogValue, to json: inout JSONWriter) {
        switch value {
        case .string(let text): json.string(cut(text, at: valueLimit))
        case .peer(let text): json.string(text.description)
        case .phone(let number): json.string(number.masked)
        case .secret(let secret): json.string(secret.description)
        case .integer(let number): json.integer(number)
        case .double(let number): json.number(number)
        case .bool(let flag): json.bool(flag)
        case .duration(let duration): json.number(duration.inSeconds)
        }
    }

    private static func cut(_ text: String, at limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }

    // MARK: Text

    private func appendText(_ record: LogRecord, to lines: inout [UInt8]) {
        record.time.appendTimeOfDay(to: &lines)
        lines.append(contentsOf: " \(painted(record.level)) ".utf8)
        VisibleText.appendEscaping(record.component, limit: Self.valueLimit, to: &lines)
        lines.append(UInt8(ascii: " "))
        lines.append(contentsOf: style.paint(VisibleText.escaping(record.event, limit: Self.valueLimit), .bold).utf8)
        lines.append(UInt8(ascii: " "))
        VisibleText.appendEscaping(record.message, limit: Self.messageLimit, to: &lines)
        for field in record.context.merging(record.fields).fields {
            let name = VisibleText.escaping(field.name, limit: Self.valueLimit)
            lines.append(contentsOf: " \(style.paint(name + "=", .dim))\(Self.quoted(Self.shown(field.value)))".utf8)
        }
    }

    private func painted(_ level: LogLevel) -> String {
        let name = level.name + String(repeating: " ", count: 7 - level.name.utf8.count)
        return switch level {
        case .debug: style.paint(name, .dim)
        case .info: style.paint(name, .green)
        case .warning: style.paint(name, .yellow)
        case .error: style.paint(name, .red)
        }
    }

    private static func shown(_ value: LogValue) -> String {
        switch value {
        case .string(let text): VisibleText.escaping(text, limit: valueLimit)
        case .peer(let text): text.description
        case .phone(let number): number.masked
        case .secret(let secret): secret.description
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): String(flag)
        case .duration(let duration): duration.description
        }
    }

    /// Only where it helps to see where a value ends.
    private static func quoted(_ text: String) -> String {
        guard text.isEmpty || text.utf8.contains(where: { " \"=".utf8.contains($0) }) else { return text }
        let inner = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: #"\""#)
        return "\"\(inner)\""
    }
}
