public import Telemetry

/// Why the settings cannot be used: one thing, where it stands, and what would be right.
public struct ConfigurationError: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        case unreadableFile = "configuration.unreadable_file"
        case notJSON5 = "configuration.not_json5"
        case unknownKey = "configuration.unknown_key"
        case unfitValue = "configuration.unfit_value"
        case conflict = "configuration.conflict"
    }

    public let code: Code
    /// Fit to be shown as it is; no secret is in it.
    public let message: String
}

/// Where a value came from.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    case defaultValue
    case file(path: String, position: SourcePosition)
    case environment(name: String)
    case environmentFile(name: String, path: String)
    case flag(name: String)

    public var description: String {
        switch self {
        case .defaultValue: "default"
        case .file(let path, let position): "\(path):\(position.line)"
        case .environment(let name): name
        case .environmentFile(let name, let path): "\(name) (\(path))"
        case .flag(let name): name
        }
    }
}

/// Why a file could not be read.
public typealias FileProblem = FileReading.Problem
