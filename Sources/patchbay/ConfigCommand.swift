internal import Commands
internal import Configuration

/// `patchbay config`: which settings hold, and where each came from.
enum ConfigCommand {
    private static let template = Option(
        flag: "template", help: "Print a commented file with every setting at its default instead.")
    private static let json = Option(flag: "json", help: "Print JSON, for programs.")

    static let command = Command(
        name: "config",
        summary: "print the settings that hold, where each came from, secrets masked",
        options: SettingFlags.all + [template, json],
        examples: [
            Command.Example("patchbay config", "what a bridge started here would run with"),
            Command.Example("patchbay config --template > patchbay.json5", "a file to begin with"),
        ]
    ) { call in
        guard !call[template] else {
            call.console.write(SettingsTemplate.text)
            return .done
        }
        let effective = try SettingFlags.load(call)
        guard !call[json] else {
            call.console.print(effective.json())
            return .done
        }
        call.console.write(effective.listing(style: call.console.style))
        for warning in effective.warnings { call.console.printError("patchbay config: \(warning)") }
        return .done
    }
}
