internal import JSONWire
internal import Wording

/// One call, as people read it.
struct CallSheet {
    let record: JSONObject
    let events: [JSONObject]
    let turns: [JSONObject]

    private static let facts = [
        "id", "provider_call_id", "direction", "from", "to", "agent", "upstream", "node", "status", "end_reason",
        "unreconciled_since", "created_at", "answered_at", "ended_at", "duration_s", "carrier_status", "answered_by",
        "sip_code", "price", "disposition",
    ]

    func lines(_ style: TerminalStyle) -> [String] {
        var lines = Self.facts.compactMap { name in
            record.text(name).map { "\(style.paint(Self.padded(name, 18), .dim)) \(VisibleText.singleLine($0))" }
        }
        if case .object(let failure) = record["error"] {
            let words = VisibleText.singleLine("\(failure.text("code") ?? "-"): \(failure.text("message") ?? "")")
            lines.append("\(style.paint(Self.padded("error", 18), .dim)) \(style.paint(words, .red))")
        }
        if !events.isEmpty { lines += ["", style.paint("events", .bold)] + events.map(line(ofEvent:)) }
        if !turns.isEmpty { lines += ["", style.paint("transcript", .bold)] + turns.map(line(ofTurn:)) }
        return lines
    }

    private func line(ofEvent event: JSONObject) -> String {
        var words = [event.text("at") ?? "", event.text("type") ?? ""]
        if case .object(let data) = event["data"], !data.members.isEmpty {
            words[1] = Self.padded(words[1], 24)
            words += data.members.compactMap { member in data.text(member.name).map { "\(member.name)=\($0)" } }
        }
        return VisibleText.singleLine(words.joined(separator: "  "))
    }

    private func line(ofTurn turn: JSONObject) -> String {
        let milliseconds = Int(turn.text("start_ms") ?? "") ?? 0
        let time = "\(milliseconds / 1_000).\(milliseconds / 100 % 10) s"
        let mark = turn.text("interrupted") == "yes" ? " …" : ""
        return VisibleText.singleLine(
            "\(Self.padded(time, 8)) \(Self.padded(turn.text("speaker") ?? "", 6)) \(turn.text("text") ?? "")\(mark)")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
