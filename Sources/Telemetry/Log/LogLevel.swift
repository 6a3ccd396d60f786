/// How much a line matters; a log keeps the lines at or above its threshold.
public enum LogLevel: UInt8, Comparable, CaseIterable, Sendable {
    case debug
    case info
    case warning
    case error

    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What a line looks like.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people.
    case text
    /// One JSON object a line.
    case json
}
