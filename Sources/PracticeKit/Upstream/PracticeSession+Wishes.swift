/// More than a real agent would do, asked for in the middle of a session.
extension PracticeSession {
    /// From the session's instructions.
    mutating func takeWishes(in instructions: String) {
        apply { $0.apply(text: instructions) }
    }

    /// From what the caller wrote; its tools are called in the next turn.
    mutating func takeWishes(inMessage text: String) {
        let known = settings.tools.count
        apply { $0.apply(text: text) }
        settings.tools += settings.wordedTools.filter { text.contains($0.word) }.map(\.call)
        ask(forToolsFrom: known, inTurn: turn + 1)
    }

    /// From the script, when a turn begins.
    mutating func takeWishesOfTurn() {
        for line in settings.script.lines where line.turn == turn {
            let known = settings.tools.count
            apply { $0.apply(words: line.words) }
            ask(forToolsFrom: known, inTurn: turn)
        }
    }

    private mutating func ask(forToolsFrom first: Int, inTurn turn: Int) {
        for place in settings.tools.indices[first...] {
            settings.tools[place] = settings.tools[place].asked(inTurn: turn)
        }
    }

    private mutating func apply(_ change: (inout PracticeSettings) -> [PracticeError]) {
        let known = settings.faults.count
        for problem in change(&settings) { report(.error(code: problem.code, message: problem.message)) }
        takeUp(settings.faults[known...])
    }
}
