internal import Commands
internal import Wording

/// Rows of words: in columns with a head for people, with tabs between them for programs.
struct TextTable {
    let head: [String]
    var rows: [[String]] = []

    func print(to console: Console) {
        let rows = rows.map { row in row.map { VisibleText.singleLine($0) } }
        guard console.isTerminal else {
            for row in rows { console.print(row.joined(separator: "\t")) }
            return
        }
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ row: [String]) -> String {
            zip(row, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }
                .joined(separator: "  ").trimmingEnd
        }
        console.print(console.style.paint(line(head), .bold))
        for row in rows { console.print(line(row)) }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
