internal import Addresses
internal import Commands
internal import PracticeKit

/// What `patchbay practice --carrier` is given: whose account it plays, and what becomes of the calls.
enum CarrierOptions {
    private static let isCarrier = Option(
        flag: "carrier", help: "Be the carrier's REST API as well, on the same port: calls that it creates really ring."
    )
    private static let account = Option(
        "account", "SID", .text, help: "carrier: the account; without it, any is right.")
    private static let token = Option(
        "auth-token", "TOKEN", .text,
        help: "carrier: lets requests in, and signs what is sent. Without it, nobody is asked and nothing is signed.")
    private static let apiKey = Option(
        "api-key", "SID:SECRET", .text, help: "carrier: an API key that is taken as well.")
    private static let number = Option(
        repeated: "number", "'NUMBER [VOICE_URL]'", .text,
        help: "carrier: a number of the account. Without any, every caller id is taken.")
    private static let callee = Option(
        repeated: "callee", "'NUMBER WORD …'", .text,
        help: "carrier: who is at this number; 'any' is at all others. The words are below. Without it, people listen.")
    private static let fault = Option(
        repeated: "carrier-fault", "FAULT", .text, help: "carrier: misbehave; each fault is among the examples below.")
    private static let callsPerSecond = Option(
        "cps", "R", OptionKind<Double>.callsPerSecond, default: 1,
        help: "carrier: calls that begin in a second, the others wait; 0 is no limit.")
    private static let bridge = Option(
        "bridge", "URL", .text,
        help: "carrier: where the bridge is reached from here, if not at the URLs that it names.")
    private static let publicURL = Option(
        "public-url", "URL", .text, help: "carrier: what those URLs begin with; that is what is signed.")

    static let all: [any CommandInput] = [
        isCarrier, account, token, apiKey, number, callee, fault, callsPerSecond, bridge, publicURL,
    ]

    static let sections = [Command.Section("Callees", rows: Callee.words.map { ($0.form, $0.does) })]

    static let examples =
        [
            Command.Example(
                "patchbay practice --carrier --callee '+15550003333 busy'",
                "an upstream and a carrier; one number is busy"),
            Command.Example("TWILIO_API_BASE=http://127.0.0.1:8090 patchbay serve", "a bridge to it"),
        ]
        + CarrierFault.forms.map { form in
            Command.Example("patchbay practice --carrier --carrier-fault '\(form.example)'", form.does)
        }

    /// Nil where no carrier is wanted.
    static func options(_ call: Invocation) throws(UsageError) -> PracticeCarrier.Options? {
        guard call[isCarrier] else { return nil }
        var options = PracticeCarrier.Options()
        options.account = call[account]
        options.token = call[token]
        if let text = call[apiKey] {
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw UsageError("--api-key must be SID:SECRET") }
            options.apiKey = (String(parts[0]), String(parts[1]))
        }
        for (index, text) in call[number].enumerated() {
            let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
            guard (1...2).contains(words.count) else { throw UsageError("--number '\(text)' must be 'NUMBER [URL]'") }
            options.numbers.append(CarrierNumber(words[0], voiceURL: words.dropFirst().first, place: index + 1))
        }
        for text in call[fault] {
            options.faults.append(try read("--carrier-fault") { () throws(PracticeError) in try CarrierFault(text) })
        }
        // What is said of all others holds for those who are named, too, where they have nothing of their own.
        for text in call[callee].sorted(by: { left, _ in left.hasPrefix("any") }) {
            try add(callee: text, to: &options)
        }
        options.callsPerSecond = call[callsPerSecond]
        options.bridge = try url(call[bridge], "--bridge")
        options.publicURL = try url(call[publicURL], "--public-url")
        var random = SystemRandomNumberGenerator()
        options.seed = UInt64.random(in: 0..<1 << 53, using: &random)
        return options
    }

    private static func add(callee text: String, to options: inout PracticeCarrier.Options) throws(UsageError) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let number = words.first.map(String.init) else {
            throw UsageError("--callee '\(text)' must be 'NUMBER WORD …'")
        }
        var callee = options.callee
        for word in words.dropFirst() {
            try read("--callee '\(text)'") { () throws(PracticeError) in try callee.apply(word) }
        }
        if number == "any" { options.callee = callee } else { options.callees[number] = callee }
    }

    private static func url(_ text: String?, _ name: String) throws(UsageError) -> WebURL? {
        guard let text else { return nil }
        guard let url = try? WebURL(text), url.scheme == .http || url.scheme == .https else {
            throw UsageError("\(name) '\(text)' is not a http:// or https:// URL")
        }
        return url
    }

    private static func read<Value>(
        _ what: String, _ body: () throws(PracticeError) -> Value
    ) throws(UsageError) -> Value {
        do throws(PracticeError) {
            return try body()
        } catch {
            throw UsageError("\(what): \(error.message)")
        }
    }
}

extension OptionKind<Double> {
    fileprivate static let callsPerSecond = OptionKind(expected: "a number from 0 on, such as 1 or 0.5") { text in
        Double(text).flatMap { (0...100_000).contains($0) ? $0 : nil }
    }
}
