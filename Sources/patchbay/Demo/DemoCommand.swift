internal import Commands
internal import Glibc
internal import PracticeKit
internal import Telemetry
internal import Timeline
internal import Wording

/// `patchbay demo`: a whole call on this machine, to be watched and heard.
enum DemoCommand {
    private static let out = Option(
        "out", "FILE", .text, default: "heard.wav", help: "Write what the caller heard to this WAV file.")
    private static let upstream = Option(
        "upstream", "NAME", OptionKind<PracticeProtocol>.choice, default: .openAI,
        help: "The protocol between bridge and agent: openai or elevenlabs.")
    private static let fault = Option(
        repeated: "fault", "FAULT", .text,
        help: "Have the agent misbehave, to see what becomes of the call. 'patchbay practice --help' lists the faults.")
    private static let json = Option(flag: "json", help: "Print one JSON document at the end and nothing else.")

    static let command = Command(
        name: "demo",
        summary: "watch one phone call to a voice agent, all of it on this machine and without an account",
        options: [upstream, out, fault, json],
        sections: [
            Command.Section(
                "What happens",
                rows: [
                    ("phone", "Twilio's part: the signed webhook, the stream, the REST side; and a caller who speaks."),
                    ("bridge", "The bridge as 'patchbay serve' runs it."),
                    ("agent", "The practice agent behind the upstream's protocol; each of its sentences is a tone."),
                    ("exit 0", "The caller interrupted, was answered, heard the farewell whole; nothing was lost."),
                    ("exit 1", "Something was not as it should be; the last lines say what."),
                ])
        ],
        examples: [
            Command.Example("patchbay demo", "takes 12 seconds; leaves what the caller heard in heard.wav"),
            Command.Example("patchbay demo --json --out /dev/null", "the record, the events and both sides' figures"),
            Command.Example("patchbay demo --upstream elevenlabs", "the same call with an agent of the other kind"),
            Command.Example("patchbay demo --fault close=1011@4s", "the agent's connection breaks in the middle"),
            Command.Example("patchbay demo --fault refuse=503", "it cannot be reached; the caller hears an apology"),
        ]
    ) { call in
        let requests = try Signals.requests()
        let faults = try call[fault].map { (text) throws(UsageError) in try read(text, for: call[upstream]) }
        // Who cannot keep what was heard shall learn it before the call and not after it.
        try SoundFile.write(Sound(), to: call[out])
        let (moments, feed) = AsyncStream.makeStream(of: DemoMoment.self)
        let stage = try await DemoStage(faults, upstream: call[upstream]) {
            feed.yield(DemoMoment(at: SystemClock.now(), news: $0))
        }
        if !call[json] { call.console.print(introduction(call.console)) }
        let watching = Task { await watch(moments, call) }
        let play = Task { try await stage.play() }
        let listening = Task {
            for await request in requests {
                guard case .reload = request else { break }
            }
            guard !Task.isCancelled else { return }
            stage.giveUp()
            play.cancel()
        }
        let result = try await play.value
        listening.cancel()
        feed.finish()
        let verdict = DemoVerdict(result, await watching.value, upstream: call[upstream])
        await stage.end()
        try SoundFile.write(result.heard, to: call[out])
        let report = DemoReport(result: result, verdict: verdict, file: call[out])
        if call[json] {
            call.console.print(report.json)
        } else {
            for line in [""] + report.lines(call.console.style) { call.console.print(line) }
        }
        return verdict.isFine ? .done : .failed
    }

    private static func introduction(_ console: Console) -> String {
        "\(console.style.paint("patchbay demo", .bold))  a phone call through the bridge, all of it on this machine\n"
    }

    private static func read(_ text: String, for upstream: PracticeProtocol) throws(UsageError) -> Fault {
        let fault: Fault
        do throws(PracticeError) {
            fault = try Fault(text)
        } catch {
            throw UsageError("--fault: \(error.message)")
        }
        guard fault.isKnown(in: [upstream]) else {
            throw UsageError("--fault '\(fault)' has no meaning with --upstream \(upstream.rawValue)")
        }
        return fault
    }

    /// Shows what happens, away from the loops, and gives it back when all is told.
    private static func watch(_ moments: AsyncStream<DemoMoment>, _ call: Invocation) async -> [DemoMoment] {
        var view = DemoView(style: call.console.style, columns: columns(call.console), began: SystemClock.now())
        var told: [DemoMoment] = []
        for await moment in moments {
            told.append(moment)
            guard !call[json] else { continue }
            let text = view.show(moment)
            if !text.isEmpty { call.console.write(text) }
        }
        return told
    }

    /// Of a terminal that can be drawn on.
    private static func columns(_ console: Console) -> Int? {
        // SAFETY: a C string that lives as long as the environment, which nobody changes.
        let kind = unsafe getenv("TERM").map { unsafe String(cString: $0) }
        guard console.isTerminal, kind != "dumb" else { return nil }
        var size = winsize()
        // SAFETY: writes one structure.
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }
}
