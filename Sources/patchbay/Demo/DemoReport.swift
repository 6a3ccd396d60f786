internal import CallCore
internal import JSONWire
internal import PracticeKit
internal import Timeline
internal import Wording

/// The last word of a demonstration.
struct DemoReport {
    let result: DemoResult
    let verdict: DemoVerdict
    /// Where the sound is.
    let file: String

    // MARK: for people

    func lines(_ style: TerminalStyle) -> [String] {
        var lines = verdict.checks.map { check in
            check.isFine ? "  \(style.paint("✓", .green)) \(check.text)" : style.paint("  ✗ \(check.text)", .red)
        }
        if let record = result.record { lines += [""] + self.lines(of: record, style) }
        if !result.heard.samples.isEmpty {
            lines.append(row("heard", "\(file), \(result.heard.duration.shown): what the caller heard", style))
        }
        return lines
    }

    private func lines(of record: CallRecord, _ style: TerminalStyle) -> [String] {
        var lines = [row("record", record.id.description, style)]
        let numbers = [record.from, record.to].map { $0?.unmasked ?? "unknown" }
        let ends = [record.agent.map { "agent \($0)" }, record.upstream.map { "on \($0.rawValue)" }].compactMap { $0 }
        lines.append(row("", "\(numbers.joined(separator: " → ")), \(ends.joined(separator: " "))", style))
        let words = [record.status.rawValue, record.endReason?.rawValue, record.duration?.shown].compactMap { $0 }
        lines.append(row("", words.joined(separator: ", "), style))
        if let quality = record.quality {
            let frames = "\(quality.framesIn) frames from the caller, \(quality.framesOut) messages to the caller"
            lines.append(row("", "\(frames)", style))
        }
        return lines
    }

    private func row(_ name: String, _ text: String, _ style: TerminalStyle) -> String {
        "  \(style.paint(name + String(repeating: " ", count: 8 - name.count), .dim)) \(text)"
    }

    // MARK: for programs

    /// One document; its keys are a promise.
    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.key("ok")
            json.bool(verdict.isFine)
            json.key("checks")
            json.array { for check in verdict.checks { Self.write(check, to: &$0) } }
            json.key("record")
            if let record = result.record { JSONValue.object(record.json).write(to: &json) } else { json.null() }
            json.key("transcript")
            JSONValue.array(result.turns.map { .object($0.json) }).write(to: &json)
            json.key("events")
            JSONValue.array(result.events.map { .object($0.json) }).write(to: &json)
            json.key("phone")
            json.verbatim(result.report.json)
            json.key("heard")
            json.string(file)
        }
        return json.text
    }

    private static func write(_ check: DemoVerdict.Check, to json: inout JSONWriter) {
        json.object { json in
            json.key("name")
            json.string(check.name)
            json.key("ok")
            json.bool(check.isFine)
            json.key("text")
            json.string(check.text)
        }
    }
}
