internal import Wording

/// What a caller does, line by line.
public struct PhoneScript: Hashable, Sendable {
    public let steps: [PhoneStep]

    public init(_ steps: [PhoneStep]) {
        self.steps = steps
    }

    /// Waits for the greeting, speaks, waits for the reply, interrupts it once, waits for the new one, hangs up.
    public static let usualText = """
        wait agent
        wait silence 800ms
        speak
        wait agent
        interrupt after 800ms
        wait agent
        wait silence 1s
        hang up
        """

    public static let usual: PhoneScript = {
        guard let script = try? PhoneScript(usualText) else { preconditionFailure("the usual script is wrong") }
        return script
    }()

    /// The language, for help.
    public static let language: [(form: String, does: String)] = [
        (
            "speak [2s] [VOICE]",
            "Say something and wait until it is said. VOICE: 'pitch 140' (a voice), 'tone 440' (a sine),"
                + " 'file x.wav'; then 'level -18' (dB). Without VOICE: --wav, else a voice."
        ),
        ("wait agent [within 10s]", "Until the agent speaks: not what it began to say before your last words."),
        ("wait silence 800ms [within 30s]", "Until the agent has been silent for so long."),
        ("wait clear | end [within 10s]", "Until the bridge clears the buffer, or ends the stream."),
        ("interrupt after 800ms [1s] [VOICE]", "Speak once the agent has spoken for so long."),
        ("press 5", "Keys: digits, * and #, 100 ms apart."),
        ("pause 1s", "Be silent."),
        ("hang up", "End the call: 'stop', then close. So does the end of the script."),
        ("reset", "End the TCP connection at once, by a reset."),
        ("half-open [30s]", "Neither read, send nor answer any more; the TCP connection stays."),
        ("jitter 30ms", "From now on frames leave up to so much late; 0ms ends it."),
        ("lose 5%", "From now on so many frames get lost; 0% ends it."),
        (
            "send TEXT",
            "A raw message. $STREAM, $CALL and $ACCOUNT stand for the call's ids, $LAST for the message before."
        ),
        ("send binary 00ff", "A raw binary message."),
        (
            "expect agent | clear | tone 440",
            "Within 5 s, or 'within 1s'. What is not met fails the call, which goes on."
        ),
        ("expect silence [1s]", "The agent says nothing for so long."),
        ("expect no clear | agent | end [2s]", "It does not happen for so long."),
        ("expect end [1000] [within 5s]", "The bridge ends the stream, with this close code."),
    ]
}

/// What is wrong with a script.
public struct PhoneScriptError: Error, Hashable, Sendable {
    public let line: Int
    public let problem: String

    public var code: String { "script.not_understood" }
    public var message: String { "line \(line): \(problem)" }
}

extension PhoneScript {
    /// Reads a script: a step a line; what stands behind a # of its own is a remark.
    public init(_ text: String) throws(PhoneScriptError) {
        var steps: [PhoneStep] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let trimmed = line.drop { $0.isWhitespace }
            guard let first = trimmed.first, first != "#" else { continue }
            var reader = PhoneStepReader(trimmed, line: index + 1)
            steps.append(PhoneStep(line: index + 1, text: reader.shown, action: try reader.action()))
        }
        guard !steps.isEmpty else { throw PhoneScriptError(line: 1, problem: "the script has no steps") }
        self.steps = steps
    }
}
