internal import Commands
internal import JSONWire
internal import Wording

/// `patchbay numbers`: the phone numbers of a running bridge, and whether their calls come to it.
enum NumbersCommand {
    private static let number = Argument("NUMBER", .text, help: "A phone number such as +15550002222.")
    private static let numbers = Argument(
        repeated: "NUMBER", .text, help: "Only these numbers. Without any, all that are listed.")
    private static let agent = Option(
        "agent", "ID", .text,
        help: "The agent that answers it. Without it, the one that it has, else 'default', else the only one.")
    private static let label = Option("label", "TEXT", .text, help: "What to call the number.")
    private static let fix = Option(flag: "fix", help: "Set at the carrier what keeps calls away.")

    static let command = Command(
        name: "numbers", summary: "list, connect and check the phone numbers of a running bridge",
        examples: [
            Command.Example("patchbay numbers connect +15550002222", "its calls come here from now on"),
            Command.Example("patchbay numbers check --fix", "looks at all of them, and sets what is missing"),
        ],
        commands: [list, connect, check, mend])

    // MARK: list

    private static let list = Command(
        name: "list", summary: "list the numbers, and who answers them",
        options: BridgeAPI.options + [CallsCommand.json]
    ) { call in
        try await BridgeAPI.use(call) { api in
            let items = try await api.list("/v1/numbers")
            guard !call[CallsCommand.json] else {
                let all = JSONObject.building { $0.add("items", .array(items.map { .object($0) })) }
                call.console.print(all.line)
                return .done
            }
            var table = TextTable(head: ["NUMBER", "AGENT", "CANARY", "LABEL"])
            table.rows = items.map { item in
                [
                    item.text("number") ?? "-", item.text("agent") ?? "-", canary(of: item) ?? "-",
                    item.text("label") ?? "-",
                ]
            }
            table.print(to: call.console)
            return .done
        }
    }

    private static func canary(of item: JSONObject) -> String? {
        guard case .object(let canary)? = item["canary"], let agent = canary.text("agent") else { return nil }
        return "\(canary.text("share") ?? "0") \(agent)"
    }

    // MARK: connect

    private static let connect = Command(
        name: "connect",
        summary: "have a number's calls answered here: lists it, and sets its addresses at the carrier",
        arguments: [number], options: BridgeAPI.options + [agent, label, CallsCommand.json],
        examples: [
            Command.Example("patchbay numbers connect +15550002222 --agent sales", "answered by the agent sales")
        ]
    ) { call in
        try await BridgeAPI.use(call) { api in
            let number = call[number]
            let path = "/v1/numbers/\(URLText.escaped(number))"
            let known = try await api.list("/v1/numbers").first { $0.text("number") == number }
            let agent = try await chosenAgent(call[agent], known, api)
            let entry = JSONObject.building { json in
                if known == nil { json.add("number", .string(number)) }
                json.add("agent", agent.map { .string($0) })
                json.add("label", call[label].map { .string($0) })
            }
            _ = known == nil ? try await api.post("/v1/numbers", entry) : try await api.patch(path, entry)
            let report: JSONObject
            do {
                report = try await ask(path, fixes: true, api)
            } catch {
                // What cannot be looked up at the carrier is not left behind.
                if known == nil { try await api.delete(path) }
                throw error
            }
            if known == nil, report["carrier"] == .null { try await api.delete(path) }
            return show([report], call)
        }
    }

    /// Nil leaves the number to whoever answers what no number names.
    private static func chosenAgent(
        _ wanted: String?, _ known: JSONObject?, _ api: BridgeAPI
    ) async throws -> String? {
        if let wanted { return wanted }
        if let agent = known?.text("agent") { return agent }
        let agents = try await api.list("/v1/agents").compactMap { $0.text("id") }
        if agents.contains("default") { return "default" }
        guard agents.count != 1 else { return agents[0] }
        let names = agents.prefix(10).joined(separator: ", ")
        throw UsageError(
            agents.isEmpty ? "there is no agent yet: create one first" : "--agent must name one of \(names)")
    }

    // MARK: check

    private static let check = Command(
        name: "check", summary: "compare the carrier's settings of numbers with what they should be",
        arguments: [numbers], options: BridgeAPI.options + [fix, CallsCommand.json],
        examples: [Command.Example("patchbay numbers check +15550002222 --fix", "one number, and mends it")]
    ) { call in
        try await check(call, fixes: call[fix])
    }

    private static let mend = Command(
        name: "fix", summary: "the same as check --fix", arguments: [numbers],
        options: BridgeAPI.options + [CallsCommand.json]
    ) { call in
        try await check(call, fixes: true)
    }

    private static func check(_ call: Invocation, fixes: Bool) async throws -> ExitCode {
        try await BridgeAPI.use(call) { api in
            var wanted = call[numbers]
            if wanted.isEmpty { wanted = try await api.list("/v1/numbers").compactMap { $0.text("number") } }
            var reports: [JSONObject] = []
            for number in wanted {
                reports.append(try await ask("/v1/numbers/\(URLText.escaped(number))", fixes: fixes, api))
            }
            return show(reports, call)
        }
    }

    private static func ask(_ path: String, fixes: Bool, _ api: BridgeAPI) async throws -> JSONObject {
        try await api.post("\(path)/check", .building { $0.add("fix", .bool(fixes)) })
    }

    private static func show(_ reports: [JSONObject], _ call: Invocation) -> ExitCode {
        if call[CallsCommand.json] {
            let all = JSONObject.building { $0.add("items", .array(reports.map { .object($0) })) }
            call.console.print(all.line)
        } else {
            for line in NumberReport.lines(of: reports, call.console.style) { call.console.print(line) }
        }
        return reports.allSatisfy { $0["ok"] == .bool(true) } ? .done : .failed
    }
}

/// What was found of numbers, for people.
private enum NumberReport {
    static func lines(of reports: [JSONObject], _ style: TerminalStyle) -> [String] {
        guard !reports.isEmpty else { return ["no number is listed; add one with `patchbay numbers connect +1…`"] }
        return reports.flatMap { lines(of: $0, style) }
    }

    private static func lines(of report: JSONObject, _ style: TerminalStyle) -> [String] {
        let findings = report.objects("findings")
        let open = findings.filter { $0["fixed"] != .bool(true) }
        let number = VisibleText.singleLine(report.text("number") ?? "-")
        let agent = report.text("agent").map { ", answered by \(VisibleText.singleLine($0))" } ?? ""
        let verdict = report["ok"] != .bool(true) ? "no calls come in" : open.isEmpty ? "ok" : "ok, with remarks"
        var lines = [style.paint("\(number): \(verdict)\(agent)", .bold)]
        for finding in findings {
            let mark = finding["fixed"] == .bool(true) ? "fixed" : finding.text("severity") ?? "-"
            lines.append("  \(mark): \(VisibleText.singleLine(finding.text("message") ?? "-"))")
            if let found = finding.text("found") { lines.append("    found: \(VisibleText.singleLine(found))") }
            if finding["fixed"] != .bool(true) {
                lines.append("    do: \(VisibleText.singleLine(finding.text("fix") ?? "-"))")
            }
        }
        return lines
    }
}
