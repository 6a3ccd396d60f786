internal import Wording

/// The whole call as bars that grow from left to right: the caller above, the agent below, and between them what the
/// bridge did.
struct DemoStrip {
    /// A fifth of a second.
    private static let cellsPerSecond = 5
    private static let widest = 66
    private static let margin = "          "
    private static let bars = Array("▁▂▃▄▅▆▇█")
    private static let quiet = -45.0
    private static let loud = -6.0

    private let style: TerminalStyle
    private let width: Int
    private var caller: [Double] = []
    private var agent: [Double] = []
    private var notes: [(cell: Int, text: String)] = []

    /// Nil on a terminal that has no room for it.
    init?(style: TerminalStyle, columns: Int) {
        width = min(Self.widest, columns - Self.margin.count - 4)
        guard width >= 20 else { return nil }
        self.style = style
    }

    static let rowCount = 4

    mutating func add(caller: Double, agent: Double, at time: Duration) {
        Self.add(caller, to: &self.caller, at: Self.cell(at: time))
        Self.add(agent, to: &self.agent, at: Self.cell(at: time))
    }

    mutating func note(_ text: String, at time: Duration) {
        notes.append((Self.cell(at: time), text))
    }

    var rows: [String] {
        // A call that is longer than the picture moves through it.
        let first = max(0, caller.count - width)
        return [
            "  \(style.paint("caller", .bold))  \(style.paint(Self.row(caller.dropFirst(first)), .cyan))",
            "  \(style.paint("bridge", .bold))  \(noteRow(from: first))",
            "  \(style.paint("agent ", .bold))  \(style.paint(Self.row(agent.dropFirst(first)), .yellow))",
            "\(Self.margin)\(style.paint(axis(from: first), .dim))",
        ]
    }

    private static func cell(at time: Duration) -> Int {
        max(0, Int(time / .seconds(1) * Double(cellsPerSecond)))
    }

    private static func add(_ level: Double, to levels: inout [Double], at cell: Int) {
        while levels.count <= cell { levels.append(-.infinity) }
        levels[cell] = level
    }

    private static func row(_ levels: ArraySlice<Double>) -> String {
        String(
            levels.map { level in
                guard level > quiet else { return " " }
                let share = (level - quiet) / (loud - quiet)
                return bars[max(0, min(bars.count - 1, Int(share * Double(bars.count))))]
            })
    }

    private func noteRow(from first: Int) -> String {
        var row = ""
        for note in notes where note.cell >= first {
            let gap = note.cell - first - row.count
            guard gap >= 0, row.count + gap + note.text.count <= width + 4 else { continue }
            row += String(repeating: " ", count: gap) + note.text
        }
        return row
    }

    private func axis(from first: Int) -> String {
        var axis = ""
        let distance = 2 * Self.cellsPerSecond
        var cell = (first + distance - 1) / distance * distance
        while cell < first + width {
            axis += String(repeating: " ", count: max(0, cell - first - axis.count))
            axis += String(cell / Self.cellsPerSecond)
            cell += distance
        }
        return "\(axis) s"
    }
}
