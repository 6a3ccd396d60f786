internal import Timeline
public import Wording

/// What a person sees of one call while it happens: a line for each thing that happens, and on a terminal a last line
/// that moves.
public struct LiveView: Sendable {
    private static let bars = Array(" ▁▂▃▄▅▆▇█")
    private static let barCount = 12

    private let style: TerminalStyle
    private let isTerminal: Bool
    private var marks = 0
    private var caller: [Double] = []
    private var agent: [Double] = []

    public init(style: TerminalStyle, isTerminal: Bool) {
        self.style = style
        self.isTerminal = isTerminal
    }

    /// What to write; empty for what does not show.
    public mutating func show(_ news: PhoneNews, at time: Duration) -> String {
        if case .levels(let caller, let agent, let waiting) = news {
            return isTerminal ? moving(caller, agent, waiting, time) : ""
        }
        if case .mark = news {
            marks += 1
            if isTerminal { return "" }
        }
        let clearing = isTerminal ? "\r\u{1B}[K" : ""
        return "\(clearing)\(stamp(time))  \(line(news))\n"
    }

    /// Takes the moving line away.
    public var end: String { isTerminal ? "\r\u{1B}[K" : "" }

    private mutating func moving(_ caller: Double, _ agent: Double, _ waiting: Duration, _ time: Duration) -> String {
        self.caller = Array((self.caller + [caller]).suffix(Self.barCount))
        self.agent = Array((self.agent + [agent]).suffix(Self.barCount))
        let you = style.paint(Self.bar(self.caller), .cyan)
        let them = style.paint(Self.bar(self.agent), .yellow)
        return "\r\u{1B}[K\(stamp(time))  caller \(you)  agent \(them)  \(waiting.shown) queued, \(marks) marks"
    }

    private static func bar(_ levels: [Double]) -> String {
        let filled = levels.map { level in
            bars[max(0, min(bars.count - 1, Int((level + 55) / 50 * Double(bars.count))))]
        }
        return String(repeating: " ", count: barCount - filled.count) + String(filled)
    }

    private func line(_ news: PhoneNews) -> String {
        switch news {
        case .request(let text): text
        case .opened(let milliseconds): "connected after \(milliseconds) ms"
        case .started(let stream): "stream \(stream)"
        case .agentBegan: style.paint("agent speaks", .yellow)
        case .agentEnded: style.paint("agent is silent", .yellow)
        case .callerBegan: style.paint("caller speaks", .cyan)
        case .callerEnded: style.paint("caller is silent", .cyan)
        case .mark(let name): "mark \(PeerText(name))"
        case .cleared(let dropped, let marks): style.paint("clear: \(dropped.shown) dropped, \(marks) marks", .bold)
        case .key(let key): "key \(key)"
        case .warning(let text): style.paint("warning \(text)", .red)
        case .failure(let text): style.paint("failed: \(text)", .red)
        case .instruction(let text): "TwiML: \(text)"
        case .ended(let text): "ended \(text)"
        case .levels: ""
        }
    }

    private func stamp(_ time: Duration) -> String {
        let hundredths = Int(max(0, time.inSeconds) * 100)
        let text = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        return style.paint(String(repeating: " ", count: max(0, 7 - text.count)) + text, .dim)
    }
}
