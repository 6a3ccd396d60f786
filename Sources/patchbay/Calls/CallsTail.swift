internal import Commands
internal import JSONWire
internal import Wording

/// `patchbay calls tail`: what becomes of calls, as it happens, until somebody interrupts it.
enum CallsTail {
    private static let period = Duration.seconds(1)
    private static let page = 200

    static let command = Command(
        name: "tail", summary: "watch calls begin, change and end",
        options: BridgeAPI.options + [CallsCommand.json],
        examples: [Command.Example("patchbay calls tail --json | jq .status", "one record a line, with each change")]
    ) { call in
        let requests = try Signals.requests()
        return try await BridgeAPI.use(call) { api in
            let watching = Task { try await watch(api, call) }
            let listening = Task {
                for await request in requests where request != .reload { return watching.cancel() }
            }
            defer { listening.cancel() }
            do {
                try await watching.value
            } catch is CancellationError {
            } catch let failure as BridgeAPI.Failure where watching.isCancelled {
                _ = failure  // What the interrupt cut off.
            }
            return .done
        }
    }

    private static func watch(_ api: BridgeAPI, _ call: Invocation) async throws {
        var known: [String: String] = [:]
        var isFirst = true
        while !call.console.isReaderGone {
            let records = try await api.get("/v1/calls?limit=\(page)").objects("items")
            var seen: [String: String] = [:]
            for record in records.reversed() {
                guard let id = record.text("id"), let status = record.text("status") else { continue }
                seen[id] = status
                // What was over before somebody looked is no news.
                guard known[id] != status, !isFirst || record.text("end_reason") == nil else { continue }
                call.console.print(call[CallsCommand.json] ? record.line : line(record, call.console.style))
            }
            known = seen
            isFirst = false
            try await Task.sleep(for: period)
        }
    }

    private static func line(_ record: JSONObject, _ style: TerminalStyle) -> String {
        let time = record.text("ended_at") ?? record.text("answered_at") ?? record.text("created_at") ?? "-"
        let reason = record.text("end_reason").map { " \($0)" } ?? ""
        let duration = record.text("duration_s").map { " after \($0) s" } ?? ""
        let words = "\(record.text("status") ?? "-")\(reason)"
        let colour: TerminalStyle.Colour = record.text("status") == "failed" ? .red : .green
        let parties = "\(record.text("from") ?? "-") → \(record.text("to") ?? "-")"
        return VisibleText.singleLine("\(time)  \(record.text("id") ?? "-")  \(parties)  ")
            + style.paint(VisibleText.singleLine(words), colour) + duration
    }
}
