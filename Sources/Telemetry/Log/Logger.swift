public import Synchronization
public import Timeline

/// One line as it was said, not yet rendered.
public struct LogRecord: Hashable, Sendable {
    public let time: UTCTime
    public let level: LogLevel
    public let component: String
    public let event: String
    public let message: String
    /// What holds for all lines of this logger, such as the call.
    public let context: LogFields
    public let fields: LogFields
}

/// Where lines go. Called from any thread, the loops' included: it must neither block nor wait.
public protocol LogDestination: AnyObject, Sendable {
    func accept(_ record: LogRecord)
}

/// Says what happens. A value to hand around; those made from it share its threshold and destination.
///
/// A suppressed line costs one relaxed load: neither message nor fields are evaluated.
public struct Logger: Sendable {
    @usableFromInline
    final class Core: Sendable {
        @usableFromInline let threshold: Atomic<UInt8>
        @usableFromInline let destination: (any LogDestination)?
        @usableFromInline let clock: @Sendable () -> UTCTime

        init(threshold: UInt8, destination: (any LogDestination)?, clock: @escaping @Sendable () -> UTCTime) {
            self.threshold = Atomic(threshold)
            self.destination = destination
            self.clock = clock
        }
    }

    /// Keeps nothing: for tests and tools that need no log.
    public static let off = Logger(
        component: "",
        core: Core(threshold: .max, destination: nil) { UTCTime(millisecondsSince1970: 0) })

    @usableFromInline let core: Core
    public let component: String
    public let context: LogFields

    public init(
        component: String,
        threshold: LogLevel,
        destination: any LogDestination,
        clock: @escaping @Sendable () -> UTCTime = SystemClock.utc
    ) {
        self.init(
            component: component,
            core: Core(threshold: threshold.rawValue, destination: destination, clock: clock))
    }

    private init(component: String, core: Core, context: LogFields = [:]) {
        self.component = component
        self.core = core
        self.context = context
    }

    /// The same log for another part of the house.
    public func component(_ name: String) -> Logger {
        Logger(component: name, core: core, context: context)
    }

    /// A logger whose lines all carry `fields`, such as those of one call.
    public func with(_ fields: LogFields) -> Logger {
        Logger(component: component, core: core, context: context.merging(fields))
    }

    /// Changes the threshold of this logger and of all that share its log.
    public func setThreshold(_ level: LogLevel) {
        core.threshold.store(level.rawValue, ordering: .relaxed)
    }

    @inlinable
    public func isEnabled(_ level: LogLevel) -> Bool {
        level.rawValue >= core.threshold.load(ordering: .relaxed)
    }

    @inlinable
    public func log(
        _ level: LogLevel,
        _ event: @autoclosure () -> String,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> LogFields = LogFields()
    ) {
        if isEnabled(level) { say(level, event(), message(), fields()) }
    }

    @inlinable
    public func debug(
        _ event: @autoclosure () -> String,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> LogFields = LogFields()
    ) {
        if isEnabled(.debug) { say(.debug, event(), message(), fields()) }
    }

    @inlinable
    public func info(
        _ event: @autoclosure () -> String,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> LogFields = LogFields()
    ) {
        if isEnabled(.info) { say(.info, event(), message(), fields()) }
    }

    @inlinable
    public func warning(
        _ event: @autoclosure () -> String,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> LogFields = LogFields()
    ) {
        if isEnabled(.warning) { say(.warning, event(), message(), fields()) }
    }

    @inlinable
    public func error(
        _ event: @autoclosure () -> String,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> LogFields = LogFields()
    ) {
        if isEnabled(.error) { say(.error, event(), message(), fields()) }
    }

    @usableFromInline
    func say(_ level: LogLevel, _ event: String, _ message: String, _ fields: LogFields) {
        core.destination?.accept(
            LogRecord(
                time: core.clock(), level: level, component: component, event: event, message: message,
                context: context, fields: fields))
    }
}
