/// More than a real agent would do, asked for in the middle of a session.
extension PracticeDialect {
    /// From what the session was told to be.
    mutating func takeWishes(in instructions: String) {
        apply { $0.apply(text: instructions) }
    }

    /// From what the caller wrote; its tools are called in the next turn.
    mutating func takeWishes(inMessage text: String) {
        let known = agent.settings.tools.count
        apply { $0.apply(text: text) }
        agent.settings.tools += agent.settings.wordedTools.filter { text.contains($0.word) }.map(\.call)
        ask(forToolsFrom: known, inTurn: agent.turn + 1)
    }

    /// From the script, when a turn begins.
    mutating func takeWishesOfTurn() {
        for line in agent.settings.script.lines where line.turn == agent.turn {
            let known = agent.settings.tools.count
            apply { $0.apply(words: line.words) }
            ask(forToolsFrom: known, inTurn: agent.turn)
        }
    }

    private mutating func ask(forToolsFrom first: Int, inTurn turn: Int) {
        for place in agent.settings.tools.indices[first...] {
            agent.settings.tools[place] = agent.settings.tools[place].asked(inTurn: turn)
        }
    }

    private mutating func apply(_ change: (inout PracticeSettings) -> [PracticeError]) {
        let known = agent.settings.faults.count
        var problems = change(&agent.settings)
        problems += agent.settings.dropFaults(foreignTo: agent.speaks)
        for problem in problems { agent.report(.error(code: problem.code, message: problem.message)) }
        takeUp(agent.settings.faults[known...])
    }
}
