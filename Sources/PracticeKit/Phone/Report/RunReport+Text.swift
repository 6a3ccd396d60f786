internal import Timeline
public import Wording

extension RunReport {
    /// The summary for people.
    public func summary(_ style: TerminalStyle) -> [String] {
        calls.count == 1 ? ownSummary(calls[0], style) : commonSummary(style)
    }

    private func ownSummary(_ call: CallReport, _ style: TerminalStyle) -> [String] {
        var lines = [style.paint("Call \(call.call): \(call.status), \(call.duration.shown)", .bold)]
        for stream in call.streams { lines += Self.lines(of: stream) }
        lines += call.failures.map { style.paint("  failed: \($0.shown)", .red) }
        lines.append(isFine ? style.paint("  all was as the script wants it", .green) : "")
        return lines.filter { !$0.isEmpty }
    }

    private static func lines(of stream: StreamReport) -> [String] {
        var lines: [String] = []
        for (index, turn) in stream.turns.enumerated() {
            let answer = turn.response.map { "answered after \($0.shown)" } ?? "no answer"
            lines.append("  turn \(index + 1): spoke at \(turn.callerStart.shown), \(answer)")
        }
        for interruption in stream.interruptions {
            let clear = interruption.clear.map {
                "cleared after \($0.shown), \(interruption.audioAfterClear.shown) of the old reply heard after that"
            }
            lines.append("  interrupted at \(interruption.at.shown): \(clear ?? "never cleared")")
        }
        let gaps = stream.gaps.map(\.lasting).reduce(.zero, +)
        lines.append(
            "  heard \(Duration.microseconds(125 * stream.bytesPlayed).shown) in \(stream.mediaReceived) messages,"
                + " \(stream.gaps.count) gaps (\(gaps.shown)); \(stream.framesSent) frames sent,"
                + " \(stream.framesLost) lost")
        lines.append("  marks: \(stream.marksReceived) received, \(stream.marksReturned) returned")
        lines += stream.warnings.map { "  warning \($0.code), \($0.count) times: \($0.first)" }
        if let end = stream.end {
            lines.append(
                "  ended by \(end.by.rawValue), code \(end.code)\(end.reason.isEmpty ? "" : ": \(end.reason)")")
        }
        return lines
    }

    private func commonSummary(_ style: TerminalStyle) -> [String] {
        let failed = calls.filter { !$0.isFine }
        var lines = [
            style.paint("\(calls.count) calls in \(duration.shown): \(failed.count) failed", .bold),
            Self.line("connect", connecting), Self.line("response", responses), Self.line("clear", clears),
            "  \(total(\.framesSent)) frames sent, \(total(\.mediaReceived)) messages heard,"
                + " \(total { $0.gaps.count }) gaps, \(total(\.marksReturned)) of \(total(\.marksReceived)) marks returned",
        ]
        for call in failed.prefix(10) {
            let text = call.failures.first?.shown ?? ""
            lines.append(style.paint("  call \(call.number) (\(call.call)): \(text)", .red))
        }
        if failed.count > 10 { lines.append("  and \(failed.count - 10) more") }
        return lines.filter { !$0.isEmpty }
    }

    private static func line(_ name: String, _ spread: Spread?) -> String {
        spread.map {
            "  \(name): \($0.least.shown) to \($0.most.shown), median \($0.median.shown), p95 \($0.p95.shown)"
        }
            ?? ""
    }
}

extension Duration {
    /// `12 ms`, `1.24 s`
    public var shown: String {
        let milliseconds = Int((inSeconds * 1_000).rounded())
        guard milliseconds >= 1_000 else { return "\(milliseconds) ms" }
        let hundredths = (milliseconds + 5) / 10
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
    }
}
