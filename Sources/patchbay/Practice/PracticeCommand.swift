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

        var protocols: [PracticeProtocol] {
            switch self {
            case .openai: [.openAI]
            case .elevenlabs: [.elevenLabs]
            case .both: PracticeProtocol.allCases
            }
        }
    }

    private static let listen = Option(
        "listen", "ADDRESS", .text, default: "127.0.0.1:8090", help: "Serve here; port 0 picks a free one.")
    private static let spoken = Option(
        "protocol", "NAME", .choice, default: Spoken.openai,
        help: "openai, elevenlabs, or both on one port, each at its own paths.")
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
        wish(
            "format", "FORMAT",
            "openai: names this format, whatever was asked for: pcm, pcmu or pcma. elevenlabs: the agent's format, "
                + "ulaw_8000 or pcm_RATE, or two as HEARD/SPOKEN. Default: pcm_16000."),
        wish("greeting", "TIME", "How long the greeting lasts: 2s or 500ms. Default: 2s."),
        wish("reply", "TIME", "How long a reply lasts. Default: 2s."),
        wish("thinking", "TIME", "From a response's order to its first audio. Default: 250ms."),
        wish("pace", "FACTOR", "Sends audio so much faster than it plays; 0 is all at once. Default: 8."),
        wish("end-call-after", "TURNS", "Call end_call after so many turns; with openai if the session offers it."),
        wish("access", "WHO", "elevenlabs: the agent is public, or private: taken by a signed URL alone."),
        wish("overrides", "FIELD,FIELD", "elevenlabs: what a conversation may override, or all. Default: nothing."),
        wish("needs", "NAME,NAME", "elevenlabs: variables that a conversation must bring."),
        wish("events", "TYPE,TYPE", "elevenlabs: what the agent sends; +vad_score adds, -interruption takes away."),
        wish("max-duration", "TIME", "elevenlabs: the cap of a conversation, which ends with 1000. Default: 600s."),
        wish("turn-timeout", "TIME", "elevenlabs: after so much silence the agent speaks again. Default: never."),
        wish("tool-timeout", "TIME", "elevenlabs: how long a client tool may take. Default: 20s."),
    ]
    private static let agent = Option(
        repeated: "agent", "'ID [NAME=VALUE …]'", .text,
        help: "elevenlabs: there is this agent, with these settings and faults of its own. Without it, any id is one.")
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
        summary: "a voice agent to practise with: speaks OpenAI's and ElevenLabs' protocols, misbehaves on request",
        options: [listen, spoken, key, mode] + wishes.map(\.1)
            + [agent, replyWave, tool, on, script, fault, faultyFirst, faultyEvery, record, json, loops]
            + CarrierOptions.all,
        sections: CarrierOptions.sections,
        examples: examples + CarrierOptions.examples
    ) { call in
        guard let endpoint = HostPort(call[listen]), let address = SocketAddress(endpoint) else {
            throw UsageError("--listen '\(call[listen])' is not an address: write 127.0.0.1:8090, [::1]:8090 or :8090")
        }
        let upstream = PracticeUpstream(options: try options(call), reporting: reporter(call))
        let carrierOptions = try CarrierOptions.options(call)
        let requests = try Signals.requests()
        let group = try LoopGroup(count: call[loops])
        let tls = try carrierOptions.map { _ in try TLSClientContext(authoritiesFile: nil) }
        let carrier = carrierOptions.map {
            PracticeCarrier(options: $0, on: group, tls: tls, reporting: carrierReporter(call))
        }
        let server = try HTTPServer(
            at: address, group: group, service: PracticeServices(upstream: upstream, carrier: carrier))
        var urls = call[spoken].protocols.map { url(of: $0, at: "ws://\(server.address)") }
        if carrier != nil { urls.append("http://\(server.address)") }
        call.console.print("patchbay practice ready \(urls.joined(separator: " "))")
        for await request in requests {
            guard case .reload = request else { break }
        }
        server.close()
        group.stop()
        return .done
    }

    /// As a bridge is configured: OpenAI's is a whole URL, ElevenLabs' a base.
    private static func url(of spoken: PracticeProtocol, at base: String) -> String {
        switch spoken {
        case .openAI: base + PracticeUpstream.openAIPath
        case .elevenLabs: base
        }
    }

    private static func options(_ call: Invocation) throws -> PracticeUpstream.Options {
        var options = PracticeUpstream.Options()
        options.protocols = call[spoken].protocols
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
        for fault in options.settings.faults where !fault.isKnown(in: options.protocols) {
            throw UsageError("--fault '\(fault)' has no meaning with --protocol \(call[spoken])")
        }
        guard call[agent].isEmpty || options.protocols.contains(.elevenLabs) else {
            throw UsageError("--agent has no meaning with --protocol \(call[spoken])")
        }
        for text in call[agent] { try add(agent: text, to: &options) }
        options.faultyFirst = call[faultyFirst]
        options.faultyEvery = call[faultyEvery]
        options.recordings = call[record]
        return options
    }

    /// `ID NAME=VALUE NAME=VALUE`: what the command says of all agents holds, where this one has nothing of its own.
    private static func add(agent text: String, to options: inout PracticeUpstream.Options) throws(UsageError) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let id = words.first.map(String.init), options.agents[id] == nil else {
            throw UsageError("--agent '\(text)': expected an id that no other agent has")
        }
        var settings = options.settings
        if let problem = settings.apply(words: Array(words.dropFirst())).first {
            throw UsageError("--agent '\(text)': \(problem.message)")
        }
        let own = settings.faults.dropFirst(options.settings.faults.count)
        for fault in own where !fault.isKnown(in: [.elevenLabs]) {
            throw UsageError("--agent '\(text)': the fault '\(fault)' has no meaning with elevenlabs")
        }
        options.agents[id] = settings
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

    private static func carrierReporter(_ call: Invocation) -> @Sendable (CarrierLine) -> Void {
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
                "ELEVENLABS_URL=ws://127.0.0.1:8090 patchbay serve", "the same with --protocol elevenlabs or both"),
            Command.Example(
                "patchbay practice --protocol elevenlabs --agent 'good' --agent 'bad fault=refuse=401'",
                "two agents; a conversation with the second is refused"),
            Command.Example(
                "ws://127.0.0.1:8090/v1/realtime?fault=silent&reply=5s", "a URL may choose for its connection"),
            Command.Example(
                "[practice fault=close=1011@3s reply=5s]", "so may a session's instructions, or a dynamic variable"),
        ]
        + Fault.forms.map { form in
            let isCommon = form.protocols.count == PracticeProtocol.allCases.count
            let whose = isCommon ? "" : "\(form.protocols.map(\.rawValue).joined()) only: "
            return Command.Example("patchbay practice --fault \(form.example)", whose + form.does)
        }
}
