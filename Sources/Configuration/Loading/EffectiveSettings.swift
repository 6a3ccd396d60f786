/// The settings that hold, with where each came from.
public struct EffectiveSettings: Sendable {
    public internal(set) var settings = Settings()
    /// Worth a look, and no reason to stop.
    public internal(set) var warnings: [String] = []
    /// The file that was read, if there was one.
    public internal(set) var file: String?
    var origins: [String: SettingOrigin] = [:]

    public func origin(of setting: Setting) -> SettingOrigin {
        origins[setting.key] ?? .defaultValue
    }

    /// The files that hold secrets: nobody else should read them.
    public var secretFiles: [String] {
        var files: [String] = []
        for setting in Setting.all where setting.isSecret {
            switch origin(of: setting) {
            case .file(let path, _), .environmentFile(_, let path): if !files.contains(path) { files.append(path) }
            case .defaultValue, .environment, .flag: break
            }
        }
        return files
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
