import Configuration
import Telemetry

/// Loads settings from values alone.
func load(
    file: String? = nil, _ environment: [String: String] = [:], flags: [ConfigurationSources.Flag] = [],
    files: [String: String] = [:], configPath: String? = nil
) throws -> EffectiveSettings {
    var files = files
    if let file { files[configPath ?? ConfigurationSources.defaultPath] = file }
    let sources = ConfigurationSources(configPath: configPath, environment: environment, flags: flags) {
        [files] (path, limit) throws(FileProblem) in
        guard let text = files[path] else { throw .notFound }
        guard text.utf8.count <= limit else { throw .tooLarge(limit: limit) }
        return Array(text.utf8)
    }
    return try EffectiveSettings.load(sources)
}

/// The message of the failure; nil when there was none.
func failure(_ body: () throws -> EffectiveSettings) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? ConfigurationError)?.message ?? "\(error)"
    }
}
