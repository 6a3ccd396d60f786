internal import Addresses
internal import Commands
internal import PracticeKit
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// What `patchbay call` is given.
struct CallOptions {
    private enum Codec: String, CaseIterable, Sendable {
        case ulaw, alaw, opus

        var spoken: PhoneDialect.Codec {
            switch self {
            case .ulaw: .muLaw
            case .alaw: .aLaw
            case .opus: .opus
            }
        }
    }

    private enum Carrier: String, CaseIterable, Sendable {
        case twilio, telnyx
    }

    private static let url = Option("url", "URL", .text, help: "The bridge's media stream: ws:// or wss://.")
    private static let voiceURL = Option(
        "voice-url", "URL", .text,
        help: "Begin at the bridge's webhook instead: http:// or https://. Its TwiML says where the stream is.")
    private static let publicURL = Option(
        "public-url", "URL", .text,
        help: "The bridge's address as the carrier knows it, if it is dialled at another one: that is what is signed.")
    private static let token = Option(
        "auth-token", "TOKEN", .text,
        help: "The account's auth token: signs the upgrade and the webhooks, and guards --api-listen. With telnyx, "
            + "what the stream presents.")
    private static let account = Option("account", "SID", .text, help: "The account: AC and 32 hex digits.")
    private static let from = Option("from", "NUMBER", .text, default: "+15550001111", help: "Who calls.")
    private static let to = Option("to", "NUMBER", .text, default: "+15550002222", help: "Who is called.")
    private static let parameters = Option(
        repeated: "param", "NAME=VALUE", .text, help: "A custom parameter of the stream.")
    private static let script = Option("script", "FILE", .text, help: "What the caller does; see Script below.")
    private static let steps = Option(
        "do", "STEPS", .text, help: "The script itself instead of a file, its lines parted by semicolons.")
    private static let wav = Option("wav", "FILE", .text, help: "What the caller says where the script names no voice.")
    private static let out = Option(
        "out", "FILE", .text, help: "Write what the caller heard as a WAV file, silence included.")
    private static let codec = Option(
        "codec", "CODEC", .choice, default: Codec.ulaw, help: "ulaw, or alaw or opus, which Telnyx speaks.")
    private static let carrier = Option(
        "carrier", "NAME", OptionKind<Carrier>.choice,
        help: "Whose messages the phone speaks: twilio, or telnyx, whose streams are at /telnyx/media. Default: "
            + "twilio, but telnyx with --codec alaw or opus.")
    private static let direction = Option(
        "direction", "WAY", .choice, default: PhoneSetting.Direction.inbound,
        help: "inbound, or outbound-api: then all status callbacks are sent.")
    private static let statusURL = Option("status-url", "URL", .text, help: "Where call status callbacks go.")
    private static let apiListen = Option(
        "api-listen", "ADDRESS", .text, help: "Serve Twilio's REST API for these calls: 127.0.0.1:9000.")
    private static let calls = Option("calls", "N", .integer(1...100_000), default: 1, help: "Calls, side by side.")
    private static let rate = Option("rate", "R", .rate, help: "Calls begun in a second; without it all at once.")
    private static let timeLimit = Option(
        "time-limit", "SECONDS", .integer(1...86_400), default: 600, help: "A longer stream is hung up, and failed.")
    private static let seed = Option(
        "seed", "N", .seed, help: "The same seed makes the same ids, jitter and losses. Default: another each time.")
    private static let loops = Option(
        "loops", "N", .integer(0...1_024), default: 0, help: "Event loops; 0 is one per core, or per call if fewer.")
    private static let authorities = Option(
        "tls-ca", "FILE", .text, help: "Trust these authorities (PEM) instead of the system's.")
    private static let json = Option(flag: "json", help: "Print one JSON document at the end and nothing else.")

    static let all: [any CommandInput] = [
        url, voiceURL, publicURL, token, account, from, to, parameters, script, steps, wav, out, codec, carrier,
        direction, statusURL, apiListen, calls, rate, timeLimit, seed, loops, authorities, json,
    ]

    private static let scriptLimit = 1 << 20

    private let call: Invocation

    init(_ call: Invocation) {
        self.call = call
    }

    var isJSON: Bool { call[Self.json] }
    var calls: Int { call[Self.calls] }
    var rate: Double? { call[Self.rate] }
    /// One call is watched; many would only be a flood of lines.
    var isWatched: Bool { !isJSON && calls == 1 }

    var loopCount: Int {
        call[Self.loops] > 0 ? call[Self.loops] : min(calls, LoopGroup.coreCount)
    }

    func setting() throws -> PhoneSetting {
        let entry = try entry()
        let script = try script()
        let voice = call[Self.wav].map { Speech.Voice.file($0) }
        var random = SystemRandomNumberGenerator()
        var setting = PhoneSetting(
            entry, speeches: try SpeechBook(for: script, usual: voice),
            seed: call[Self.seed] ?? UInt64.random(in: 0..<1 << 53, using: &random))
        setting.script = script
        setting.publicURL = try url(of: Self.publicURL, [.http, .https, .ws, .wss])
        setting.statusURL = try url(of: Self.statusURL, [.http, .https])?.description
        setting.token = call[Self.token]
        setting.dialect = try dialect()
        setting.account = try account()
        setting.from = call[Self.from]
        setting.to = call[Self.to]
        setting.parameters = try parameters()
        setting.direction = call[Self.direction]
        setting.timeLimit = .seconds(call[Self.timeLimit])
        // A document may name a safe address even where the way to it is not.
        if call[Self.voiceURL] != nil || setting.entry.url?.scheme.isSecure == true || setting.statusURL != nil {
            setting.tls = try TLSClientContext(authoritiesFile: call[Self.authorities])
        }
        return setting
    }

    private func entry() throws -> PhoneSetting.Entry {
        let stream = try url(of: Self.url, [.ws, .wss])
        let voice = try url(of: Self.voiceURL, [.http, .https])
        switch (stream, voice) {
        case (let url?, nil): return .stream(url)
        case (nil, let url?): return .voice(url)
        default: throw UsageError("call needs either --url or --voice-url")
        }
    }

    private func dialect() throws -> PhoneDialect {
        let codec = call[Self.codec]
        switch call[Self.carrier] ?? (codec == .ulaw ? .twilio : .telnyx) {
        case .twilio where codec == .opus: throw UsageError("Twilio has no Opus: leave --carrier at telnyx")
        case .twilio where codec == .alaw: throw UsageError("Twilio has no A-law: leave --carrier at telnyx")
        case .twilio: return .twilio
        case .telnyx:
            guard call[Self.voiceURL] == nil else {
                throw UsageError("the webhook is Twilio's: give telnyx the stream, with --url")
            }
            return .telnyx(codec.spoken)
        }
    }

    private func url(of option: Option<String?>, _ schemes: [WebURL.Scheme]) throws -> WebURL? {
        guard let text = call[option] else { return nil }
        guard let url = try? WebURL(text), schemes.contains(url.scheme) else {
            let forms = schemes.map { "\($0.rawValue)://" }.joined(separator: " or ")
            throw UsageError("\(option.name) '\(text)' is not a \(forms) URL")
        }
        return url
    }

    private func script() throws -> PhoneScript {
        let text: String
        switch (call[Self.script], call[Self.steps]) {
        case (nil, nil): return .usual
        case (let path?, nil):
            do throws(FileReading.Problem) {
                text = String(decoding: try FileReading.read(path, limit: Self.scriptLimit), as: UTF8.self)
            } catch {
                throw UsageError("--script \(path) cannot be read: \(error.message)")
            }
        case (nil, let steps?): text = steps.split(separator: ";").joined(separator: "\n")
        default: throw UsageError("--script and --do exclude each other")
        }
        do throws(PhoneScriptError) {
            return try PhoneScript(text)
        } catch {
            throw UsageError("the script, \(error.message)")
        }
    }

    private func account() throws -> String? {
        guard let account = call[Self.account] else { return nil }
        let isRight = account.utf8.count == 34 && account.hasPrefix("AC")
        guard isRight else { throw UsageError("--account must be AC and 32 hex digits") }
        return account
    }

    private func parameters() throws -> [CallInstruction.Stream.Parameter] {
        try call[Self.parameters].map { text in
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw UsageError("--param '\(text)' must be NAME=VALUE")
            }
            return CallInstruction.Stream.Parameter(
                name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
        }
    }

    func apiAddress() throws -> SocketAddress? {
        guard let text = call[Self.apiListen] else { return nil }
        guard let endpoint = HostPort(text), let address = SocketAddress(endpoint) else {
            throw UsageError("--api-listen '\(text)' is not an address: write 127.0.0.1:9000, [::1]:9000 or :9000")
        }
        return address
    }

    /// Writes what was heard: the first call's to the file that was named, the others' beside it with their number.
    func keep(_ report: RunReport) throws {
        guard let path = call[Self.out] else { return }
        for call in report.calls {
            var name = path
            if call.number > 1 {
                let dot = path.hasSuffix(".wav") ? path.dropLast(4) : path[...]
                name = "\(dot)-\(call.number).wav"
            }
            let bytes = call.streams.flatMap(\.recording)
            try SoundFile.write(MuLaw.decode(bytes), to: name)
        }
    }
}

extension OptionKind<Double> {
    fileprivate static let rate = OptionKind(expected: "a number above 0, such as 10 or 0.5") { text in
        Double(text).flatMap { (0.001...100_000).contains($0) ? $0 : nil }
    }
}

extension OptionKind<UInt64> {
    fileprivate static let seed = OptionKind(expected: "a whole number from 0 to 2^53") { text in
        UInt64(text).flatMap { $0 <= 1 << 53 ? $0 : nil }
    }
}

extension Option {
    fileprivate var name: String { form.label }
}
