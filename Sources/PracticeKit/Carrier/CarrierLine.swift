public import Timeline
public import Wording

/// Something that the practice carrier was asked, or that became of one of its calls.
public struct CarrierLine: Sendable {
    public let at: UTCTime
    public let event: String
    public let members: [(name: String, value: String)]

    init(at: UTCTime, event: String, members: [(String, String)]) {
        self.at = at
        self.event = event
        self.members = members.map { (name: $0.0, value: $0.1) }
    }

    /// One line for people.
    public func text(style: TerminalStyle) -> String {
        var time: [UInt8] = []
        at.appendTimeOfDay(to: &time)
        let said = members.filter { !$0.value.isEmpty }.map { "\($0.name)=\(VisibleText.singleLine($0.value))" }
        let stamp = style.paint("\(String(decoding: time, as: UTF8.self)) carrier", .dim)
        return "\(stamp) \(event) \(said.joined(separator: " "))"
    }

    /// One object for programs.
    public func json() -> String {
        var json = JSONWriter()
        json.object { object in
            object.member("at", at.description)
            object.member("event", event)
            for member in members { object.member(member.name, member.value) }
        }
        return json.text
    }
}
