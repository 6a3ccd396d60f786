internal import PracticeKit
internal import Timeline
internal import Wording

/// What a person sees of a demonstration while it goes on: a line for each thing that happens and, on a terminal, the
/// call as a picture that grows under them.
struct DemoView {
    private let style: TerminalStyle
    private let began: Instant
    private var strip: DemoStrip?
    private var narrator: DemoNarrator
    private var isDrawn = false

    /// - Parameter columns: The terminal's width; nil where nothing can be drawn over.
    init(style: TerminalStyle, columns: Int?, began: Instant) {
        self.style = style
        self.began = began
        strip = columns.flatMap { DemoStrip(style: style, columns: $0) }
        narrator = DemoNarrator(style: style, columns: columns, tellsSpeech: strip == nil)
    }

    /// What to write; empty for what does not show.
    mutating func show(_ moment: DemoMoment) -> String {
        let time = began.duration(to: moment.at)
        let lines = narrator.line(moment).map { "\(stamp(time))  \($0)\n" } ?? ""
        guard strip != nil else { return lines }
        let drew = draw(moment.news, at: time)
        return lines.isEmpty && !drew ? "" : "\(erasing)\(lines)\(picture)"
    }

    /// Whether that changed the picture.
    private mutating func draw(_ news: DemoNews, at time: Duration) -> Bool {
        switch news {
        case .phone(.levels(let caller, let agent, _)): strip?.add(caller: caller, agent: agent, at: time)
        case .phone(.cleared): strip?.note("↓cut", at: time)
        case .phone(.ended): strip?.note("↓end", at: time)
        case .agent(.toolCalled): strip?.note("↓tool", at: time)
        default: return false
        }
        return true
    }

    private var erasing: String { isDrawn ? "\u{1B}[\(DemoStrip.rowCount + 1)F\u{1B}[J" : "" }

    private var picture: String {
        mutating get {
            isDrawn = true
            return (strip?.rows ?? []).reduce("\n") { "\($0)\($1)\n" }
        }
    }

    private func stamp(_ time: Duration) -> String {
        let hundredths = max(0, Int(time / .milliseconds(10)))
        let fraction = hundredths % 100
        let text = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
        return style.paint(String(repeating: " ", count: max(0, 7 - text.count)) + text, .dim)
    }
}
