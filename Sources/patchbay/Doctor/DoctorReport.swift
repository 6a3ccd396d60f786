internal import Wording

/// The findings, for people and for programs.
struct DoctorReport {
    private static let width = 100
    private static let word = 8
    private static let subject = 18
    private static let indent = word + subject + 2

    let findings: [Finding]

    var isHealthy: Bool { !findings.contains(where: \.isFatal) }

    /// One finding as it is told: as soon as it is there.
    static func lines(_ finding: Finding, style: TerminalStyle) -> String {
        let word = style.paint(finding.word.padded(to: word), finding.colour)
        let head = "\(word) \(finding.subject.padded(to: subject)) "
        let message = wrapped(finding.message)
        let remedy = finding.remedy.map { wrapped("→ \($0)") } ?? []
        let lines = message + remedy.map { style.paint($0, .dim) }
        let margin = String(repeating: " ", count: indent)
        return head + lines.joined(separator: "\n\(margin)")
    }

    var summary: String {
        func count(_ verdict: Finding.Verdict) -> Int { findings.count { $0.verdict == verdict } }
        let failed = count(.failed)
        let critical = findings.count(where: \.isFatal)
        guard failed > 0 else {
            let warnings = count(.warning)
            return warnings == 0 ? "All is well." : "It works; \(warnings) could do better."
        }
        return "\(failed) failed, \(critical) of them critical."
    }

    func json() -> String {
        var json = JSONWriter()
        json.object { json in
            json.key("ok")
            json.bool(isHealthy)
            json.key("findings")
            json.array { json in
                for finding in findings { finding.write(to: &json) }
            }
        }
        return json.text
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width - indent {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

extension Finding {
    fileprivate var word: String {
        switch verdict {
        case .ok: "ok"
        case .warning: "warning"
        case .failed: isCritical ? "FAILED" : "failed"
        case .skipped: "-"
        case .fixed: "fixed"
        }
    }

    fileprivate var colour: TerminalStyle.Colour {
        switch verdict {
        case .ok, .fixed: .green
        case .warning: .yellow
        case .failed: .red
        case .skipped: .dim
        }
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("check")
            json.string(subject)
            json.key("status")
            json.string(verdict.rawValue)
            json.key("critical")
            json.bool(isCritical)
            json.key("message")
            json.string(message)
            json.key("fix")
            if let remedy { json.string(remedy) } else { json.null() }
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
