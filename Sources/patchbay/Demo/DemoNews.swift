internal import CallCore
internal import PracticeKit
internal import Telemetry
internal import Timeline

/// What one of the parts of a demonstration tells while the call goes on.
enum DemoNews: Sendable {
    case phone(PhoneNews)
    case agent(PracticeReport)
    /// What the bridge keeps of the call.
    case event(CallEvent)
    case turn(TranscriptTurn)
    /// What it complains about.
    case log(LogRecord)
}

/// The same with its moment: all parts share one clock here.
struct DemoMoment: Sendable {
    let at: Instant
    let news: DemoNews
}

/// Shows what the bridge's log holds beside everything else.
final class DemoLog: LogDestination {
    private let tell: @Sendable (DemoNews) -> Void

    init(_ tell: @escaping @Sendable (DemoNews) -> Void) {
        self.tell = tell
    }

    func accept(_ record: LogRecord) {
        tell(.log(record))
    }
}
