public import Timeline
public import Wording

/// How bad an error is for the house, not for the one call that met it.
public enum ErrorSeverity: String, Comparable, CaseIterable, Sendable {
    case warning
    case error
    case critical

    public static func < (left: ErrorSeverity, right: ErrorSeverity) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}

/// Whom an error concerned, as far as it is known.
public struct ErrorContext: Hashable, Sendable {
    public var call: String?
    public var agent: String?
    public var number: PhoneNumber?

    public init(call: String? = nil, agent: String? = nil, number: PhoneNumber? = nil) {
        self.call = call
        self.agent = agent
        self.number = number
    }
}

/// Something that went wrong and that an operator should be able to find later.
public struct ErrorReport: Hashable, Sendable {
    /// Stable, for machines: `upstream.refused`.
    public let code: String
    public let component: String
    public let severity: ErrorSeverity
    /// For people: what happened, what it means, what to do.
    public let message: String
    public let context: ErrorContext

    public init(
        code: String, component: String, severity: ErrorSeverity = .error, message: String,
        context: ErrorContext = ErrorContext()
    ) {
        self.code = code
        self.component = component
        self.severity = severity
        self.message = message
        self.context = context
    }
}

/// All occurrences of one error: the same code, component and message, numbers in it aside.
public struct ErrorRecord: Hashable, Sendable {
    /// The same for the same error on every node and after every restart.
    public let fingerprint: String
    /// As it occurred last; of the severities the worst.
    public internal(set) var report: ErrorReport
    public internal(set) var count: Int
    public let firstSeen: UTCTime
    public internal(set) var lastSeen: UTCTime
}
