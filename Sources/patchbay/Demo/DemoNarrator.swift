internal import CallCore
internal import JSONWire
internal import PracticeKit
internal import Telemetry
internal import Timeline
internal import Wording

/// Puts into words what happens in a demonstration: who, and what.
struct DemoNarrator {
    struct Line {
        let who: String
        let text: String
    }

    private enum Party: String {
        case phone, caller, bridge, agent
    }

    private let style: TerminalStyle
    /// Whether it is told when somebody begins to speak, too: where it cannot be seen.
    private let tellsSpeech: Bool
    private var times = DemoTimes()
    private var agentSpeaks = false

    init(style: TerminalStyle, tellsSpeech: Bool) {
        self.style = style
        self.tellsSpeech = tellsSpeech
    }

    mutating func lines(_ moment: DemoMoment) -> [Line] {
        times.take(moment)
        let line: Line? =
            switch moment.news {
            case .phone(let news): phone(news)
            case .agent(let report): agent(report)
            case .event(let event): self.event(event)
            case .turn(let turn): self.turn(turn)
            case .log(let record): self.line(.bridge, "warns: \(record.message)", .red)
            }
        return line.map { [$0] } ?? []
    }

    private mutating func phone(_ news: PhoneNews) -> Line? {
        switch news {
        case .request(let text): return line(.phone, "\(text), signed")
        case .instruction(let text): return line(.bridge, "answers with TwiML: \(text)")
        case .opened(let milliseconds): return line(.phone, "on the line after \(milliseconds) ms")
        case .agentBegan:
            agentSpeaks = true
            return tellsSpeech ? line(.agent, "speaks") : nil
        case .agentEnded:
            agentSpeaks = false
            return nil
        case .callerBegan:
            if agentSpeaks { return line(.caller, "interrupts", .bold) }
            return tellsSpeech ? line(.caller, "speaks") : nil
        case .warning(let text): return line(.phone, "warning \(text)", .red)
        case .failure(let text): return line(.phone, "failed: \(text)", .red)
        case .ended(let text): return line(.phone, "call over, ended \(text)")
        case .started, .callerEnded, .mark, .cleared, .key, .levels: return nil
        }
    }

    private func agent(_ report: PracticeReport) -> Line? {
        switch report {
        case .toolCalled(let name, _, let arguments):
            line(.agent, "calls the tool \(PeerText(name)) \(style.paint(PeerText(arguments).description, .dim))")
        case .refused, .error, .fault: line(.agent, report.sentence, .red)
        case .opened(_, let faults): faults.isEmpty ? nil : line(.agent, report.sentence, .red)
        default: nil
        }
    }

    private func event(_ event: CallEvent) -> Line? {
        switch event.kind {
        case .upstreamAttempt:
            let number = Self.number("number", of: event)
            return number > 1 ? line(.bridge, "tries to reach the agent again, for the \(number). time") : nil
        case .upstreamReady: return line(.bridge, "the agent is ready")
        case .interruption:
            let cleared = times.clear.map { "cleared after \($0.shown), " } ?? ""
            let heard = Self.number("heard_ms", of: event)
            return line(.bridge, "interrupted, \(cleared)cut at \(heard) ms", .bold)
        case .functionCallCompleted: return line(.bridge, "lets the agent say goodbye, then hangs up")
        case .functionCallError, .upstreamLost, .audioFormatMismatch, .audioOverflow, .audioGap, .markAnomaly,
            .messageMalformed, .upstreamWarning:
            return line(.bridge, Self.words(of: event), .red)
        case .callFinal:
            return line(.bridge, "record: \(Self.text("status", of: event)), \(Self.text("end_reason", of: event))")
        default: return nil
        }
    }

    private func turn(_ turn: TranscriptTurn) -> Line? {
        var text = "“\(PeerText(turn.text))\(turn.wasInterrupted ? " …" : "")”"
        if let response = turn.responseMilliseconds { text += style.paint("  after \(response) ms", .dim) }
        return line(turn.speaker == .agent ? .agent : .caller, text)
    }

    // MARK: writing

    private func line(_ party: Party, _ text: String, _ colour: TerminalStyle.Colour? = nil) -> Line {
        let name = party.rawValue + String(repeating: " ", count: 6 - party.rawValue.count)
        let who: TerminalStyle.Colour =
            switch party {
            case .phone: .dim
            case .caller: .cyan
            case .bridge: .green
            case .agent: .yellow
            }
        return Line(who: style.paint(name, who), text: colour.map { style.paint(text, $0) } ?? text)
    }

    private static func number(_ name: String, of event: CallEvent) -> Int64 {
        ((try? event.data.optionalInteger(name)) ?? nil) ?? 0
    }

    private static func text(_ name: String, of event: CallEvent) -> String {
        ((try? event.data.optionalString(name)) ?? nil) ?? ""
    }

    private static func words(of event: CallEvent) -> String {
        let words = ["message", "error"].map { text($0, of: event) }.filter { !$0.isEmpty }
        return ([event.kind.rawValue] + words).joined(separator: ": ")
    }
}
