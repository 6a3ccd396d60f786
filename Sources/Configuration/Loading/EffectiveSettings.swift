/// The settings that hold, with where each came from.
public struct EffectiveSettings: Sendable {
    public internal(set) var settings = Settings()
    /// Worth a look, and no reason to stop.
    public internal(set) var warnings: [String] = []
    var origins: [String: SettingOrigin] = [:]

    public func origin(of setting: Setting) -> SettingOrigin {
        origins[setting.key] ?? .defaultValue
    }

    /// Reads all sources: defaults, then the file, then the environment, then flags; the later wins.
    public static func load(_ sources: ConfigurationSources) throws(ConfigurationError) -> EffectiveSettings {
        var loader = SettingsLoader(sources: sources)
        try loader.readFile()
        try loader.readEnvironment()
        try loader.readFlags()
        try loader.effective.checkTogether()
        loader.effective.warnTogether()
        return loader.effective
    }
}
