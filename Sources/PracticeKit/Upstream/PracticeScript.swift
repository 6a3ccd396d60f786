/// What a practice agent does otherwise from a turn on: lines of `TURN NAME=VALUE NAME=VALUE`, where the greeting is turn
/// 1 and `#` begins a remark.
/// ```
/// 1 greeting=3s
/// 2 tool=get_slots:{"day":"monday"}
/// 3 reply=5s mode=voice
/// 4 fault=close=1011
/// ```
public struct PracticeScript: Hashable, Sendable {
    struct Line: Hashable, Sendable {
        let turn: Int
        let words: [Substring]
    }

    let lines: [Line]

    init() {
        lines = []
    }

    /// Reads a script, and tries each wish, so that a wrong one is told before anybody calls.
    public init(_ text: some StringProtocol) throws(PracticeError) {
        var lines: [Line] = []
        for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = String(line).prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let first = words.first else { continue }
            guard let turn = Int(first), turn >= 1, words.count > 1 else {
                throw .scriptLine(place + 1, problem: "expected TURN NAME=VALUE")
            }
            var settings = PracticeSettings()
            if let problem = settings.apply(words: Array(words.dropFirst())).first {
                throw .scriptLine(place + 1, problem: problem.message)
            }
            lines.append(Line(turn: turn, words: Array(words.dropFirst())))
        }
        self.lines = lines
    }
}
