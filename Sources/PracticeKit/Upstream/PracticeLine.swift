internal import JSONWire
public import Timeline
public import Wording

/// A report with its place: which connection, and when.
public struct PracticeLine: Sendable {
    /// From 1 on, in the order in which connections came.
    public let connection: Int
    public let at: UTCTime
    /// Since the connection was opened.
    public let milliseconds: Int
    public let report: PracticeReport

    /// One line for people.
    public func text(style: TerminalStyle) -> String {
        var time: [UInt8] = []
        at.appendTimeOfDay(to: &time)
        let stamp = style.paint("\(String(decoding: time, as: UTF8.self)) #\(connection)", .dim)
        let sentence = VisibleText.singleLine(report.sentence)
        return "\(stamp) \(colour.map { style.paint(sentence, $0) } ?? sentence)"
    }

    private var colour: TerminalStyle.Colour? {
        switch report {
        case .opened, .closed: .bold
        case .callerSpeaks, .callerSpoke, .message: .cyan
        case .responseStarted, .responseEnded, .configured: .green
        case .interrupted, .truncated, .deleted, .toolCalled, .toolAnswered: .yellow
        case .refused, .error, .fault: .red
        }
    }

    /// One object for programs.
    public func json() -> String {
        var json = JSONWriter()
        json.object { object in
            object.key("at")
            object.string(at.description)
            object.key("connection")
            object.integer(connection)
            object.key("ms")
            object.integer(milliseconds)
            object.key("event")
            object.string(report.name)
            for member in report.members {
                object.key(member.name)
                member.value.write(to: &object)
            }
        }
        return json.text
    }
}
