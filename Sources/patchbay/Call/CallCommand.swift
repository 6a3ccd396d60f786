internal import Addresses
internal import Commands
internal import PracticeKit
internal import SocketLoop
internal import Telemetry
internal import Wording

/// `patchbay call`: the phone and its carrier, faithful to Twilio, for trying a bridge without an account.
enum CallCommand {
    static let command = Command(
        name: "call",
        summary: "call a bridge as Twilio would, with a caller who follows a script",
        options: CallOptions.all,
        sections: [Command.Section("Script", rows: PhoneScript.language.map { ($0.form, $0.does) })],
        examples: [
            Command.Example(
                "patchbay call --url ws://127.0.0.1:8080/twilio/media", "one call, with one interruption"),
            Command.Example(
                "patchbay call --voice-url http://127.0.0.1:8080/twilio/voice --auth-token T --out heard.wav",
                "from the webhook on, signed; keeps what was heard"),
            Command.Example(
                "patchbay call --url ws://127.0.0.1:8080/twilio/media --calls 100 --rate 10 --json",
                "100 calls, ten begun a second"),
        ]
    ) { call in
        let requests = try Signals.requests()
        let options = CallOptions(call)
        let setting = try options.setting()
        let group = try LoopGroup(count: options.loopCount)
        let view = CallView(console: call.console, isLive: options.isWatched)
        let run = PhoneRun(setting, on: group) { view.show($0, $1, at: $2) }
        if let address = try options.apiAddress() {
            let bound = try run.serveAPI(at: address)
            if !options.isJSON { call.console.print("carrier API at http://\(bound)") }
        }
        let watch = Task {
            for await request in requests {
                guard case .reload = request else { return run.giveUp() }
            }
        }
        let report = await run.run(calls: options.calls, rate: options.rate)
        watch.cancel()
        await view.end()
        group.stop()
        try options.keep(report)
        if options.isJSON {
            call.console.print(report.json)
        } else {
            for line in report.summary(call.console.style) { call.console.print(line) }
        }
        return report.isFine ? .done : .failed
    }
}

/// Prints what happens, away from the loops.
private final class CallView: Sendable {
    private let news: AsyncStream<(PhoneNews, Duration)>.Continuation?
    private let printer: Task<Void, Never>?

    init(console: Console, isLive: Bool) {
        guard isLive else {
            news = nil
            printer = nil
            return
        }
        let (stream, continuation) = AsyncStream.makeStream(of: (PhoneNews, Duration).self)
        news = continuation
        printer = Task {
            var view = LiveView(style: console.style, isTerminal: console.isTerminal)
            for await (news, time) in stream {
                let text = view.show(news, at: time)
                if !text.isEmpty { console.write(text) }
            }
            if !view.end.isEmpty { console.write(view.end) }
        }
    }

    func show(_ call: Int, _ news: PhoneNews, at time: Duration) {
        self.news?.yield((news, time))
    }

    func end() async {
        news?.finish()
        await printer?.value
    }
}
