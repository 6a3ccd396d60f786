internal import CallCore
internal import JSONWire
internal import PracticeKit
internal import Telemetry
internal import Timeline
internal import Wording

/// Puts into words what happens in a demonstration: who, and what.
struct DemoNarrator {
    private enum Party: String {
        case phone, caller, bridge, agent
    }

    /// As wide as what stands before a line's words.
    private static let margin = String(repeating: " ", count: 17)

    private let style: TerminalStyle
    /// Whether it is told when somebody begins to speak, too: where it cannot be seen.
    private let tellsSpeech: Bool
    private var times = DemoTimes()
    private var agentSpeaks = false
    /// An interruption that the phone has not heard of yet: the news of the two come on their own ways.
    private var cut: Int64?
    private var lastWarning = ""
    private let width: Int

    /// - Parameter columns: The width that its lines have; nil for any.
    init(style: TerminalStyle, columns: Int?, tellsSpeech: Bool) {
        self.style = style
        self.tellsSpeech = tellsSpeech
        width = columns.map { max(20, $0 - Self.margin.count) } ?? .max
    }

    /// Nil for what is not worth a line.
    mutating func line(_ moment: DemoMoment) -> String? {
        times.take(moment)
        return switch moment.news {
        case .phone(let news): phone(news)
        case .agent(let report): agent(report)
        case .event(let event): self.event(event)
        case .turn(let turn): self.turn(turn)
        case .log(let record): warning(record.message)
        }
    }

    /// What is logged more than once in a row, for the call and for the node, is told once.
    private mutating func warning(_ text: String) -> String? {
        defer { lastWarning = text }
        return text == lastWarning ? nil : line(.bridge, "warns: \(text)", .red)
    }

    private mutating func phone(_ news: PhoneNews) -> String? {
        switch news {
        case .request(let text): return line(.phone, "\(text), signed")
        case .instruction(let text): return line(.bridge, "answers with TwiML: \(text)")
        case .opened(let milliseconds): return line(.phone, "the stream is open after \(milliseconds) ms")
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
        case .ended(let text): return line(.phone, "call over: ended \(text)")
        case .cleared: return interruption()
        case .started, .callerEnded, .mark, .key, .levels: return nil
        }
    }

    private func agent(_ report: PracticeReport) -> String? {
        switch report {
        case .toolCalled(let name, _, let arguments):
            line(.agent, "calls the tool \(PeerText(name)) \(PeerText(arguments))")
        case .refused, .error, .fault: line(.agent, report.sentence, .red)
        case .opened(_, let faults): faults.isEmpty ? nil : line(.agent, report.sentence, .red)
        default: nil
        }
    }

    private mutating func interruption() -> String? {
        guard let cut, let clear = times.clear else { return nil }
        self.cut = nil
        return line(.bridge, "interrupted, cleared after \(DemoTimes.shown(clear)), cut at \(cut) ms", .bold)
    }

    private mutating func event(_ event: CallEvent) -> String? {
        switch event.kind {
        case .upstreamAttempt:
            let number = Self.number("number", of: event)
            return number > 1 ? line(.bridge, "tries to reach the agent again (\(number))") : nil
        case .upstreamReady: return line(.bridge, "the agent is ready")
        case .interruption:
            cut = Self.number("heard_ms", of: event)
            return interruption()
        case .functionCallCompleted: return line(.bridge, "lets the agent say goodbye, then hangs up")
        case .functionCallError, .audioFormatMismatch, .audioOverflow, .audioGap, .markAnomaly,
            .messageMalformed, .upstreamWarning:
            return line(.bridge, Self.words(of: event), .red)
        case .callFinal:
            return line(.bridge, "record: \(Self.text("status", of: event)), \(Self.text("end_reason", of: event))")
        default: return nil
        }
    }

    private func turn(_ turn: TranscriptTurn) -> String? {
        let end = turn.wasInterrupted ? " (interrupted)" : ""
        return line(turn.speaker == .agent ? .agent : .caller, "“\(PeerText(turn.text))”\(end)")
    }

    // MARK: writing

    private func line(_ party: Party, _ text: String, _ colour: TerminalStyle.Colour? = nil) -> String {
        let name = party.rawValue + String(repeating: " ", count: 6 - party.rawValue.count)
        let who: TerminalStyle.Colour =
            switch party {
            case .phone: .dim
            case .caller: .cyan
            case .bridge: .green
            case .agent: .yellow
            }
        let lines = text.wrapped(to: width).map { line in colour.map { style.paint(line, $0) } ?? line }
        return "\(style.paint(name, who))  \(lines.joined(separator: "\n\(Self.margin)"))"
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
