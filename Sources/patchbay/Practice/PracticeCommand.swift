internal import Addresses
internal import Commands
internal import HTTPLoop
internal import PracticeKit
internal import SocketLoop
internal import Telemetry

/// `patchbay practice`: a voice agent to practise with, that speaks the upstreams' real protocols and misbehaves on request.
enum PracticeCommand {
    enum Spoken: String, CaseIterable, Sendable {
        case openai, elevenlabs, both
    }

    private static let listen = Option(
        "listen", "ADDRESS", .text, default: "127.0.0.1:8090", help: "Serve here; port 0 picks a free one.")
    private static let spoken = Option(
        "protocol", "NAME", .choice, default: Spoken.openai, help: "openai; elevenlabs and both are not here yet.")
    private static let key = Option(
        "key", "KEY", .text, help: "Take this API key only. Without it, any key is right.")
    private static let mode = Option(
        "mode", "MODE", OptionKind<PracticeSettings.Mode>.choice, default: .tone,
        help: "How it answers: tone (steady, each reply at its own pitch), voice, echo (what the caller said), silent.")
    private static let replyWave = Option("reply-wav", "FILE", .text, help: "Say this WAV file instead of tones.")
    private static let json = Option(
        flag: "json", help: "Print one JSON object a line, for programs; the first line stays as it is.")
    private static let record = Option(
        "record", "DIR", .text, help: "Write what each connection heard and said there, as WAV files.")
    private static let loops = Option(
        "loops", "N", .integer(0...1_024), default: 1, help: "Event loops to serve with; 0 is one per core.")
    private static let faultyFirst = Option(
        "fault-first", "N", .integer(1...1_000_000), help: "Only the first N connections have the faults.")
    private static let faultyEvery = Option(
        "fault-every", "N", .integer(1...1_000_000), default: 1, help: "Only every Nth connection has the faults.")

    /// Settings that a URL and a session's instructions may set as well, by the same names.
    private static let wishes = [
        wish("pitch", "HZ,HZ", "The pitch of each response in turn. Default: 440,523,622,740,880,587."),
        wish("format", "FORMAT", "Names this audio format, whatever was asked for: pcm, pcmu or pcma."),
        wish("greeting", "TIME", "How long the greeting lasts: 2s or 500ms. Default: 2s."),
        wish("reply", "TIME", "How long a reply lasts. Default: 2s."),
        wish("thinking", "TIME", "From a response's order to its first audio. Default: 250ms."),
        wish("pace", "FACTOR", "Sends audio so much faster than it plays; 0 is all at once. Default: 8."),
        wish("end-call-after", "TURNS", "Call end_call after so many turns, if the session offers it."),
    ]
    private static let tool = Option(
        repeated: "tool", "NAME[:ARGUMENTS][@TURN]", .text, help: "Call this tool. The greeting is turn 1; default: 2.")
    private static let on = Option(
        repeated: "on", "WORD=NAME[:ARGUMENTS]", .text,
        help: "Call a tool when a message of the caller holds this word; a pressed key is such a message.")
    private static let script = Option(
        "script", "FILE", .text,
        help: "Change settings turn by turn: lines of TURN NAME=VALUE …, with the names of the options and faults.")
    private static let fault = Option(
        repeated: "fault", "FAULT", .text, help: "Misbehave; each fault is among the examples below.")

    private static func wish(_ name: String, _ placeholder: String, _ help: String) -> (String, Option<String?>) {
        (name, Option(name, placeholder, .text, help: help))
    }

    static let command = Command(
        name: "practice",
        summary: "a voice agent to practise with: speaks OpenAI's protocol, misbehaves on request",
        options: [listen, spoken, key, mode] + wishes.map(\.1)
            + [replyWave, tool, on, script, fault, faultyFirst, faultyEvery, record, json, loops],
        examples: examples
    ) { call in
        guard call[spoken] == .openai else {
            throw UsageError("--protocol \(call[spoken]) is not here yet: so far practice speaks openai alone")
        }
        guard let endpoint = HostPort(call[listen]), let address = SocketAddress(endpoint) else {
            throw UsageError("--listen '\(call[listen])' is not an address: write 127.0.0.1:8090, [::1]:8090 or :8090")
        }
        let upstream = PracticeUpstream(options: try options(call), reporting: reporter(call))
        let requests = try Signals.requests()
        let group = try LoopGroup(count: call[loops])
        let server = try HTTPServer(at: address, group: group, service: upstream)
        call.console.print("patchbay practice ready ws://\(server.address)\(PracticeUpstream.path)")
        for await request in requests {
            guard case .reload = request else { break }
        }
        server.close()
        group.stop()
        return .done
    }

    private static func options(_ call: Invocation) throws -> PracticeUpstream.Options {
        var options = PracticeUpstream.Options()
        options.settings.mode = call[mode]
        options.settings.key = call[key]
        options.settings.replySound = try call[replyWave].map(sound)
        for (name, option) in wishes {
            if let value = call[option] { try set(name, value, &options.settings) }
        }
        for value in call[tool] { try set("tool", value, &options.settings) }
        for value in call[on] { try set("on", value, &options.settings) }
        options.settings.script = try call[script].map(script(in:)) ?? options.settings.script
        for value in call[fault] { try set("fault", value, &options.settings) }
        options.faultyFirst = call[faultyFirst]
        options.faultyEvery = call[faultyEvery]
        options.recordings = call[record]
        return options
    }

    private static func sound(in path: String) throws(UsageError) -> Sound {
        do throws(SoundFileError) {
            return try SoundFile.read(path)
        } catch {
            throw UsageError("--reply-wav: \(error.message)")
        }
    }

    private static func script(in path: String) throws(UsageError) -> PracticeScript {
        let bytes: [UInt8]
        do throws(FileReading.Problem) {
            bytes = try FileReading.read(path, limit: 1 << 20)
        } catch {
            throw UsageError("--script '\(path)' cannot be read: \(error.message)")
        }
        do throws(PracticeError) {
            return try PracticeScript(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw UsageError("--script '\(path)': \(error.message)")
        }
    }

    private static func set(_ name: String, _ value: String, _ settings: inout PracticeSettings) throws(UsageError) {
        do throws(PracticeError) {
            try settings.apply(name, value)
        } catch {
            throw UsageError("--\(name): \(error.message)")
        }
    }

    private static func reporter(_ call: Invocation) -> @Sendable (PracticeLine) -> Void {
        let console = call.console
        guard !call[json] else { return { console.print($0.json()) } }
        return { console.print($0.text(style: console.style)) }
    }

    private static let examples =
        [
            Command.Example("patchbay practice", "greets, hears when the caller speaks, answers with tones"),
            Command.Example("patchbay practice --mode echo --record .", "says again what it hears, and keeps both"),
            Command.Example(
                #"patchbay practice --tool 'get_slots:{"day":"monday"}@2'"#, "calls a tool as the first answer"),
            Command.Example("patchbay practice --on 5=transfer_call", "calls a tool when key 5 is pressed"),
            Command.Example("OPENAI_REALTIME_URL=ws://127.0.0.1:8090/v1/realtime patchbay serve", "a bridge to it"),
            Command.Example(
                "ws://127.0.0.1:8090/v1/realtime?fault=silent&reply=5s", "a URL may choose for its connection"),
            Command.Example("[practice fault=close=1011@3s reply=5s]", "so may a session's instructions"),
        ] + Fault.forms.map { Command.Example("patchbay practice --fault \($0.example)", $0.does) }
}
