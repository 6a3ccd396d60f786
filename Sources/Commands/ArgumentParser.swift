internal import Wording

/// Sorts the words after a command's name into its inputs.
struct ArgumentParser {
    private let inputs: [any CommandInput]
    private var texts: [String: [String]] = [:]
    private var loose: [String] = []

    /// The checked values by label.
    static func values(
        of words: some Sequence<String>, for inputs: [any CommandInput]
    ) throws(UsageError) -> [String: any Sendable] {
        var parser = ArgumentParser(inputs: inputs)
        try parser.sort(Array(words))
        try parser.assignLoose()
        var values: [String: any Sendable] = [:]
        for input in inputs {
            values[input.form.label] = try input.anyValue(of: parser.texts[input.form.label] ?? [])
        }
        return values
    }

    /// Whether help is asked for: before `--`, and not as an option's value.
    static func asksForHelp(_ words: some Sequence<String>) -> Bool {
        words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    private init(inputs: [any CommandInput]) {
        self.inputs = inputs
    }

    private mutating func sort(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                loose += rest
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                loose.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let form = try self.form(named: parts[0])
            texts[form.label, default: []].append(try Self.value(of: form, inline: parts.dropFirst().first, &rest))
        }
    }

    private static func value(
        of form: InputForm, inline: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard case .named(takesValue: true) = form.place else {
            guard inline == nil else { throw UsageError("\(form.label) takes no value") }
            return ""
        }
        if let inline { return inline }
        // A value that begins like an option is far more often a value forgotten; `--name=--value` says it is meant.
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw UsageError("\(form.label) needs a value: \(form.label) \(form.placeholder)")
        }
        rest = rest.dropFirst()
        return next
    }

    private func form(named word: String) throws(UsageError) -> InputForm {
        var labels = ["--help"]
        for input in inputs {
            guard case .named = input.form.place else { continue }
            if input.form.label == word { return input.form }
            labels.append(input.form.label)
        }
        let hint = NearMiss.hint(for: word, among: labels)
        throw UsageError("there is no option '\(VisibleText.escaping(word, limit: 64))'\(hint)")
    }

    private mutating func assignLoose() throws(UsageError) {
        for input in inputs {
            guard case .positional(let isRepeated) = input.form.place, !loose.isEmpty else { continue }
            texts[input.form.label] = isRepeated ? loose : [loose.removeFirst()]
            if isRepeated { loose = [] }
        }
        if let word = loose.first {
            throw UsageError("'\(VisibleText.escaping(word, limit: 64))' is one word too many")
        }
    }
}
