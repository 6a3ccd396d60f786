internal import Commands
internal import JSONWire
internal import Wording

/// `patchbay calls`: what a running bridge knows of its calls.
enum CallsCommand {
    static let json = Option(flag: "json", help: "Print JSON, for programs.")

    private static let id = Argument("ID", .text, help: "The call's id, ours or the carrier's.")
    private static let status = Option("status", "WORD", .text, help: "Only calls of this status.")
    private static let agent = Option("agent", "ID", .text, help: "Only calls that this agent answered.")
    private static let from = Option("from", "NUMBER", .text, help: "Only calls of this caller.")
    private static let since = Option(
        "since", "TIME", .text, help: "Only calls since then, such as 2026-01-15T10:30:00Z.")
    private static let limit = Option("limit", "N", .integer(1...200), default: 20, help: "How many calls.")

    static let command = Command(
        name: "calls", summary: "list, show, watch, sweep and hang up the calls of a running bridge",
        examples: [
            Command.Example("patchbay calls list --status in-progress", "who is on the line"),
            Command.Example("patchbay calls show CA0123…", "one call, with its events and what was said"),
            Command.Example("patchbay calls sweep", "closes what was left open, and says why"),
        ],
        commands: [list, show, CallsTail.command, sweep, hangUp])

    // MARK: list

    private static let list = Command(
        name: "list", summary: "list calls, the newest first",
        options: BridgeAPI.options + [status, agent, from, since, limit, json],
        examples: [Command.Example("patchbay calls list --status failed --limit 5", "the last five that failed")]
    ) { call in
        try await BridgeAPI.use(call) { api in
            let filters = [
                ("status", call[status]), ("agent", call[agent]), ("from", call[from]), ("since", call[since]),
            ]
            let query = filters.compactMap { name, value in value.map { "&\(name)=\(URLText.escaped($0))" } }.joined()
            let page = try await api.get("/v1/calls?limit=\(call[limit])\(query)")
            guard !call[json] else {
                call.console.print(page.line)
                return .done
            }
            var table = TextTable(head: ["CREATED", "ID", "FROM", "TO", "AGENT", "STATUS", "REASON", "SECONDS"])
            table.rows = page.objects("items").map { record in
                ["created_at", "id", "from", "to", "agent", "status", "end_reason", "duration_s"]
                    .map { record.text($0) ?? "-" }
            }
            table.print(to: call.console)
            return .done
        }
    }

    // MARK: show

    private static let show = Command(
        name: "show", summary: "show one call: its record, its events, and what was said", arguments: [id],
        options: BridgeAPI.options + [json]
    ) { call in
        try await BridgeAPI.use(call) { api in
            let path = "/v1/calls/\(URLText.escaped(call[id]))"
            let record = try await api.get(path)
            let events = try await api.get("\(path)/events").objects("items")
            let turns = try await api.get("\(path)/transcript").objects("items")
            guard !call[json] else {
                let all = JSONObject.building { all in
                    all.add("call", .object(record))
                    all.add("events", .array(events.map { .object($0) }))
                    all.add("transcript", .array(turns.map { .object($0) }))
                }
                call.console.print(all.line)
                return .done
            }
            for line in CallSheet(record: record, events: events, turns: turns).lines(call.console.style) {
                call.console.print(line)
            }
            return .done
        }
    }

    // MARK: sweep, hangup

    private static let sweep = Command(
        name: "sweep", summary: "close the records of calls that are over, now, and say why",
        options: BridgeAPI.options + [json]
    ) { call in
        try await BridgeAPI.use(call) { api in
            let report = try await api.post("/v1/sweep")
            guard !call[json] else {
                call.console.print(report.line)
                return .done
            }
            for closed in report.objects("closed") {
                let words = ["id", "status", "end_reason", "why"].map { closed.text($0) ?? "-" }
                call.console.print("\(words[0])  \(words[1]) \(words[2]): \(words[3])")
            }
            let left = ["live", "elsewhere", "waiting", "scheduled", "unreconciled"]
                .compactMap { name in report.text(name).map { "\($0) \(name)" } }
            call.console.print(
                "looked at \(report.text("looked_at") ?? "0"), closed \(report.objects("closed").count); "
                    + left.joined(separator: ", "))
            return .done
        }
    }

    private static let hangUp = Command(
        name: "hangup", summary: "end a call", arguments: [id], options: BridgeAPI.options + [json]
    ) { call in
        try await BridgeAPI.use(call) { api in
            let record = try await api.post("/v1/calls/\(URLText.escaped(call[id]))/hangup")
            call.console.print(call[json] ? record.line : "\(record.text("id") ?? "-") \(record.text("status") ?? "-")")
            return .done
        }
    }
}
