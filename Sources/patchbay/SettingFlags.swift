internal import Commands
internal import Configuration

/// The flags that set something, the same for every command that reads the settings.
enum SettingFlags {
    static let config = Option(
        "config", "FILE", .text,
        help: "Read the settings from this file. Without it, from patchbay.json5 if there is one.")

    /// Flag and setting, by the setting's key.
    private static let flags: [(option: Option<String?>, name: String, key: String)] = [
        flag("listen", "ADDRESS", "listen"),
        flag("ops-listen", "ADDRESS", "ops_listen"),
        flag("public-url", "URL", "public_url"),
        flag("database", "LOCATION", "database"),
        flag("node", "NAME", "node"),
        flag("loops", "N", "loops"),
        flag("tls-certificate", "FILE", "tls.certificate"),
        flag("tls-key", "FILE", "tls.key"),
        flag("tls-ca", "FILE", "tls.ca"),
        flag("log-level", "LEVEL", "log.level"),
        flag("log-format", "FORMAT", "log.format"),
    ]

    static let all: [any CommandInput] = [config] + flags.map(\.option)

    private static func flag(
        _ name: String, _ placeholder: String, _ key: String
    ) -> (option: Option<String?>, name: String, key: String) {
        let help = Setting.all.first { $0.key == key }?.help ?? ""
        return (Option(name, placeholder, .text, help: help), "--\(name)", key)
    }

    /// The settings that hold for a command that only has `config` among its options.
    static func loadFile(_ call: Invocation) throws(ConfigurationError) -> EffectiveSettings {
        try EffectiveSettings.load(.system(configPath: call[config], flags: []))
    }

    /// The settings that hold, with what the call says on top.
    static func load(_ call: Invocation) throws(ConfigurationError) -> EffectiveSettings {
        let given = flags.compactMap { flag in
            call[flag.option].map { ConfigurationSources.Flag(name: flag.name, key: flag.key, value: $0) }
        }
        return try EffectiveSettings.load(.system(configPath: call[config], flags: given))
    }
}
