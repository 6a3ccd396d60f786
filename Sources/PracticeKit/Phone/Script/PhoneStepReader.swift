internal import Timeline
internal import Wording

/// Reads one line of a script.
struct PhoneStepReader {
    private static let verbs = [
        "speak", "wait", "interrupt", "press", "pause", "hang", "reset", "half-open", "jitter", "lose", "send",
        "expect",
    ]
    private static let usualPatience = Duration.seconds(10)
    private static let silencePatience = Duration.seconds(30)
    private static let expectPatience = Duration.seconds(5)

    private let line: Int
    private let whole: Substring
    private var words: ArraySlice<Substring>

    init(_ text: Substring, line: Int) {
        self.line = line
        whole = text
        words = text.split { $0.isWhitespace }.prefix { $0 != "#" }
    }

    /// The line without remark and superfluous blanks.
    var shown: String { words.joined(separator: " ") }

    mutating func action() throws(PhoneScriptError) -> PhoneAction {
        let verb = words.popFirst() ?? ""
        let action: PhoneAction
        switch verb {
        case "send": return try message()
        case "speak": action = .speak(try speech())
        case "wait":
            let (event, patience) = try self.event()
            action = .wait(event, within: try within(patience ?? Self.usualPatience))
        case "interrupt": action = try interruption()
        case "press": action = .press(try keys())
        case "pause": action = .pause(try duration("a pause, such as 1s"))
        case "hang":
            try take("up")
            action = .hangUp
        case "reset": action = .reset
        case "half-open": action = .halfOpen(try optionalDuration() ?? .seconds(30))
        case "jitter": action = .jitter(try duration("how late a frame may be, such as 30ms"))
        case "lose": action = .lose(share: try share())
        case "expect": action = try expectation()
        default: throw problem("there is no '\(PeerText(verb))'\(NearMiss.hint(for: String(verb), among: Self.verbs))")
        }
        guard let extra = words.first else { return action }
        throw problem("'\(PeerText(extra))' is too much here")
    }

    // MARK: the steps

    private mutating func speech(usual: Duration? = nil) throws(PhoneScriptError) -> Speech {
        var speech = Speech(for: try optionalDuration() ?? usual)
        while let word = words.first {
            switch word {
            case "pitch":
                words.removeFirst()
                speech.voice = .voice(pitch: try number("a pitch in Hz", 50...1_000))
            case "tone":
                words.removeFirst()
                speech.voice = .tone(pitch: try number("a pitch in Hz", 50...3_900))
            case "file":
                words.removeFirst()
                guard let path = words.popFirst() else { throw problem("'file' needs the name of a WAV file") }
                speech.voice = .file(String(path))
            case "level":
                words.removeFirst()
                speech.level = try number("a level in dB", -60...0)
            case "for":
                words.removeFirst()
                speech.duration = try duration("how long, such as 2s")
            default: return speech
            }
        }
        return speech
    }

    private mutating func interruption() throws(PhoneScriptError) -> PhoneAction {
        try take("after")
        let after = try duration("how long the agent has spoken, such as 800ms")
        if words.first == "speak" { words.removeFirst() }
        let speech = try speech(usual: .seconds(1))
        return .interrupt(after: after, speech, within: try within(Self.usualPatience))
    }

    /// What is waited for, and how long if that is not as usual.
    private mutating func event() throws(PhoneScriptError) -> (PhoneEvent, patience: Duration?) {
        let word = words.popFirst() ?? ""
        switch word {
        case "agent": return (.agent, nil)
        case "silence": return (.silence(try optionalDuration() ?? .seconds(1)), Self.silencePatience)
        case "tone": return (.tone(try number("a pitch in Hz", 50...3_900)), nil)
        case "clear": return (.clear, nil)
        case "end":
            guard let text = words.first, let code = UInt16(text) else { return (.end(code: nil), nil) }
            words.removeFirst()
            return (.end(code: code), nil)
        default: throw problem("'\(PeerText(word))' is no event: write agent, silence, tone, clear or end")
        }
    }

    private mutating func expectation() throws(PhoneScriptError) -> PhoneAction {
        if words.first == "no" {
            words.removeFirst()
            let (event, _) = try event()
            return .expectNo(event, during: try optionalDuration() ?? .seconds(1))
        }
        let (event, _) = try event()
        if case .silence(let duration) = event { return .expectNo(.agent, during: duration) }
        return .expect(event, within: try within(Self.expectPatience))
    }

    private mutating func keys() throws(PhoneScriptError) -> String {
        guard let keys = words.popFirst(), keys.allSatisfy({ "0123456789*#ABCD".contains($0) }) else {
            throw problem("'press' needs keys: digits, * and #")
        }
        return String(keys)
    }

    /// The rest of the line as it stands, remark sign or not.
    private func message() throws(PhoneScriptError) -> PhoneAction {
        let rest = whole.drop { !$0.isWhitespace }.drop { $0.isWhitespace }
        guard !rest.isEmpty else { throw problem("'send' needs a message") }
        guard rest.hasPrefix("binary ") else { return .send(String(rest)) }
        let digits = rest.dropFirst("binary ".count).filter { !$0.isWhitespace }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
        guard digits.count % 2 == 0, !bytes.isEmpty, !bytes.contains(nil) else {
            throw problem("'send binary' needs bytes as pairs of hex digits")
        }
        return .sendBinary(bytes.compactMap { $0 })
    }

    // MARK: words

    private mutating func take(_ word: Substring) throws(PhoneScriptError) {
        guard words.popFirst() == word else { throw problem("'\(word)' is missing") }
    }

    private mutating func within(_ usual: Duration) throws(PhoneScriptError) -> Duration {
        guard words.first == "within" else { return usual }
        words.removeFirst()
        return try duration("a time, such as 1s")
    }

    private mutating func duration(_ expected: String) throws(PhoneScriptError) -> Duration {
        guard let duration = try optionalDuration() else {
            throw problem("expected \(expected), and found '\(PeerText(words.first ?? ""))'")
        }
        return duration
    }

    private mutating func optionalDuration() throws(PhoneScriptError) -> Duration? {
        guard let word = words.first, word.first?.isNumber ?? false else { return nil }
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60)]
        for (unit, seconds) in units where word.hasSuffix(unit) {
            guard let value = Double(word.dropLast(unit.count)), (0...36_000).contains(value * seconds),
                let duration = Duration(seconds: value * seconds)
            else { break }
            words.removeFirst()
            return duration
        }
        throw problem("'\(PeerText(word))' is no time: write 800ms, 1.5s or 2m")
    }

    private mutating func number(_ expected: String, _ range: ClosedRange<Double>) throws(PhoneScriptError) -> Double {
        guard let word = words.popFirst(), let value = Double(word), range.contains(value) else {
            throw problem("expected \(expected) from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private mutating func share() throws(PhoneScriptError) -> Double {
        guard let word = words.popFirst(), word.hasSuffix("%"), let percent = Double(word.dropLast()),
            (0...100).contains(percent)
        else { throw problem("expected a share from 0% to 100%") }
        return percent / 100
    }

    private func problem(_ text: String) -> PhoneScriptError {
        PhoneScriptError(line: line, problem: text)
    }
}
