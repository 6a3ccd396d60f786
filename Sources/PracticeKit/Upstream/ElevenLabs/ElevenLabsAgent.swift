/// What an agent of ElevenLabs is configured to be, beside what every practice agent is.
struct ElevenLabsAgent: Hashable, Sendable {
    /// What is sent to the client unless it was configured otherwise.
    static let usualEvents: Set<String> = [
        "conversation_initiation_metadata", "ping", "audio", "interruption", "agent_response",
        "agent_response_correction", "user_transcript", "tentative_user_transcript", "client_tool_call",
        "agent_tool_response",
    ]
    static let furtherEvents: Set<String> = ["vad_score", "agent_response_complete"]

    var hears = WireAudio.elevenLabsDefault
    var speaks = WireAudio.elevenLabsDefault
    /// Only a signed URL leads to it.
    var isPrivate = false
    /// The fields that a conversation may override: none, as an agent has it that nobody configured.
    var overridable: Set<String> = []
    /// Variables that a conversation must bring.
    var neededVariables: [String] = []
    var events = usualEvents
    /// The cap of a conversation.
    var longest = Duration.seconds(600)
    /// After so much silence the agent speaks again; nil is never.
    var turnTimeout: Duration?
    /// A client tool has so long for its answer.
    var toolTimeout = Duration.seconds(20)

    static let directives: [PracticeSettings.Directive] = [
        PracticeSettings.Directive(name: "access", expected: "public or private") { settings, value in
            guard ["public", "private"].contains(value) else { return false }
            settings.elevenLabs.isPrivate = value == "private"
            return true
        },
        PracticeSettings.Directive(name: "overrides", expected: "all, or fields with commas between them") {
            settings, value in
            let fields = value.split(separator: ",").map(String.init)
            guard !fields.isEmpty else { return false }
            settings.elevenLabs.overridable = Set(fields)
            return true
        },
        PracticeSettings.Directive(name: "needs", expected: "names of variables with commas between them") {
            settings, value in
            settings.elevenLabs.neededVariables = value.split(separator: ",").map(String.init)
            return !settings.elevenLabs.neededVariables.isEmpty
        },
        PracticeSettings.Directive(name: "events", expected: "types of events with commas, or +TYPE and -TYPE") {
            settings, value in
            settings.elevenLabs.take(events: value.split(separator: ","))
        },
        PracticeSettings.duration("max-duration", upTo: .seconds(14_400)) { $0.elevenLabs.longest = $1 },
        PracticeSettings.duration("turn-timeout") { $0.elevenLabs.turnTimeout = $1 },
        PracticeSettings.duration("tool-timeout") { $0.elevenLabs.toolTimeout = $1 },
    ]

    /// The whole list, or changes of it. False where one of them is no event that the agent knows.
    private mutating func take(events words: [Substring]) -> Bool {
        let isChange = words.allSatisfy { $0.hasPrefix("+") || $0.hasPrefix("-") }
        if !isChange { events = [] }
        for word in words {
            let name = String(isChange ? word.dropFirst() : word)
            guard Self.usualEvents.contains(name) || Self.furtherEvents.contains(name) else { return false }
            if word.hasPrefix("-") { events.remove(name) } else { events.insert(name) }
        }
        return !words.isEmpty
    }

    func allows(overriding field: String) -> Bool {
        overridable.contains("all") || overridable.contains(field)
    }

    /// `pcm_16000`, or what is heard and what is spoken: `ulaw_8000/pcm_24000`.
    mutating func take(formats text: Substring) -> Bool {
        let names = text.split(separator: "/", omittingEmptySubsequences: false)
        let formats = names.compactMap { WireAudio(elevenLabs: $0) }
        guard let first = formats.first, let last = formats.last, formats.count == names.count, names.count <= 2 else {
            return false
        }
        (hears, speaks) = (first, last)
        return true
    }
}
