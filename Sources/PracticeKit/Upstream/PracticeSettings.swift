internal import Timeline
internal import Wording

/// What a practice agent does in one session. The command sets it for all connections; a connection's URL and the
/// session's instructions may set more for theirs, under the same names.
public struct PracticeSettings: Hashable, Sendable {
    public enum Mode: String, CaseIterable, Sendable {
        /// Answers with steady tones, each reply at its own pitch: to be measured.
        case tone
        /// Answers with something like a voice.
        case voice
        /// Says again what the caller said.
        case echo
        /// Responds, but never says anything.
        case silent
    }

    /// A tool that the agent calls on its own.
    public struct ToolCall: Hashable, Sendable {
        let name: String
        let arguments: String
        /// 1 is the greeting; the first answer to the caller is 2.
        let turn: Int
    }

    /// A tool that a word of the caller asks for.
    public struct WordedTool: Hashable, Sendable {
        let word: String
        let call: ToolCall
    }

    public var mode = Mode.tone
    /// The pitch of each response in turn, from the front again when they are used up.
    public var pitches: [Double] = [440, 523, 622, 740, 880, 587]
    public var greeting = Duration.seconds(2)
    public var reply = Duration.seconds(2)
    /// How much faster than it plays audio is sent; zero sends all of a response at once.
    public var pace = 8.0
    /// From the order of a response to its first audio.
    public var thinking = Duration.milliseconds(250)
    public var tools: [ToolCall] = []
    /// Tools that the agent calls when a written message of the caller holds a word: a pressed key comes as one.
    public var wordedTools: [WordedTool] = []
    /// After so many turns the agent calls `end_call`, if the session offers it.
    public var endCallAfter: Int?
    /// What a session of OpenAI names both ways, whatever it was asked for.
    var openAIFormat: WireAudio?
    var elevenLabs = ElevenLabsAgent()
    public var faults: [Fault] = []
    /// What changes from a turn on.
    public var script = PracticeScript()
    /// Said instead of tones, at any rate.
    public var replySound: Sound?
    /// The one key that is taken; without it, any.
    public var key: String?
    /// Whether audio both ways is kept, for recordings.
    public var isRecording = false

    public init() {}

    /// A setting that may also stand in a URL's query or in a session's instructions.
    struct Directive: Sendable {
        let name: String
        let expected: String
        let apply: @Sendable (inout PracticeSettings, String) throws(PracticeError) -> Bool
    }

    static let directives: [Directive] = common + ElevenLabsAgent.directives

    private static let common: [Directive] = [
        Directive(name: "fault", expected: "faults with commas between them") {
            (settings, value) throws(PracticeError) in
            for text in value.split(separator: ",") { settings.faults.append(try Fault(text)) }
            return true
        },
        Directive(name: "mode", expected: Mode.allCases.map(\.rawValue).joined(separator: ", ")) { settings, value in
            guard let mode = Mode(rawValue: value) else { return false }
            settings.mode = mode
            return true
        },
        Directive(name: "pitch", expected: "pitches from 100 to 3400 with commas between them") { settings, value in
            let pitches = value.split(separator: ",").map { Double(String($0)) ?? 0 }
            guard !pitches.isEmpty, pitches.allSatisfy({ (100...3_400).contains($0) }) else { return false }
            settings.pitches = pitches
            return true
        },
        Directive(
            name: "format",
            expected: "pcm, pcmu or pcma with openai; with elevenlabs one of "
                + WireAudio.elevenLabsNames.joined(separator: ", ") + ", or HEARD/SPOKEN"
        ) { settings, value in
            for format in value.split(separator: ",") {
                if let format = WireAudio(openAI: "audio/\(format)") {
                    settings.openAIFormat = format
                } else if !settings.elevenLabs.take(formats: format) {
                    return false
                }
            }
            return !value.isEmpty
        },
        duration("greeting") { $0.greeting = $1 },
        duration("reply") { $0.reply = $1 },
        duration("thinking") { $0.thinking = $1 },
        Directive(name: "pace", expected: "a number from 0 (all at once) to 1000") { settings, value in
            guard let pace = Double(value), (0...1_000).contains(pace) else { return false }
            settings.pace = pace
            return true
        },
        Directive(name: "tool", expected: "NAME, NAME:ARGUMENTS or NAME:ARGUMENTS@TURN") { settings, value in
            guard let call = ToolCall(value) else { return false }
            settings.tools.append(call)
            return true
        },
        Directive(name: "on", expected: "WORD=NAME or WORD=NAME:ARGUMENTS") { settings, value in
            let parts = value.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let call = ToolCall(String(parts[1])) else { return false }
            settings.wordedTools.append(WordedTool(word: String(parts[0]), call: call))
            return true
        },
        Directive(name: "end-call-after", expected: "a whole number of turns from 1 on") { settings, value in
            guard let turns = Int(value), turns >= 1 else { return false }
            settings.endCallAfter = turns
            return true
        },
    ]

    static func duration(
        _ name: String, upTo longest: Duration = .seconds(600),
        _ set: @escaping @Sendable (inout PracticeSettings, Duration) -> Void
    ) -> Directive {
        Directive(name: name, expected: "a time up to \(Int(longest.inSeconds))s, as 2s or 500ms") { settings, value in
            guard let duration = Duration(practice: value), duration <= longest else { return false }
            set(&settings, duration)
            return true
        }
    }

    public mutating func apply(_ name: String, _ value: String) throws(PracticeError) {
        guard let directive = Self.directives.first(where: { $0.name == name }) else {
            throw .unknownDirective(name, hint: NearMiss.hint(for: name, among: Self.directives.map(\.name)))
        }
        guard try directive.apply(&self, value) else {
            throw .directiveValue(name: name, value: value, expected: directive.expected)
        }
    }

    /// Takes out the faults that this protocol does not have, and says which they were.
    public mutating func dropFaults(foreignTo spoken: PracticeProtocol) -> [PracticeError] {
        let foreign = faults.filter { !$0.protocols.contains(spoken) }
        faults.removeAll { !$0.protocols.contains(spoken) }
        return foreign.map { .foreignFault("\($0)", spoken) }
    }

    /// From a URL's query. What is no setting of ours (`model`) is not looked at.
    public mutating func apply(query: QueryItems) throws(PracticeError) {
        for item in query.items where Self.directives.contains(where: { $0.name == item.name }) {
            try apply(item.name, item.value)
        }
    }

    /// From every `[practice NAME=VALUE NAME=VALUE]` in a text: a session's instructions, or a message of the caller.
    /// Returns what was wrong; the rest holds.
    public mutating func apply(text: String) -> [PracticeError] {
        apply(words: Self.embeddedWords(in: text))
    }

    /// From `NAME=VALUE` words.
    public mutating func apply(words: [Substring]) -> [PracticeError] {
        var problems: [PracticeError] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            do throws(PracticeError) {
                try apply(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            } catch {
                problems.append(error)
            }
        }
        return problems
    }

    private static func embeddedWords(in text: String) -> [Substring] {
        var words: [Substring] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "[practice ") {
            rest = rest[start.upperBound...]
            var depth = 1
            // Arguments of a tool may hold brackets themselves.
            let inside = rest.prefix { character in
                if character == "[" { depth += 1 }
                if character == "]" { depth -= 1 }
                return depth > 0
            }
            words += inside.split(whereSeparator: \.isWhitespace)
            rest = rest[inside.endIndex...]
        }
        return words
    }
}

extension PracticeSettings.ToolCall {
    func asked(inTurn turn: Int) -> Self {
        Self(name: name, arguments: arguments, turn: turn)
    }

    /// `get_slots`, `get_slots:{"day":"monday"}`, `get_slots@3`.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var last = String(parts[parts.count - 1])
        var turn = 2
        if let at = last.lastIndex(of: "@"), let number = Int(last[last.index(after: at)...]), number >= 1 {
            turn = number
            last = String(last[..<at])
        }
        let name = parts.count == 1 ? last : String(parts[0])
        guard !name.isEmpty, name.utf8.count <= 64 else { return nil }
        self.init(name: name, arguments: parts.count == 1 ? "{}" : last, turn: turn)
    }
}
