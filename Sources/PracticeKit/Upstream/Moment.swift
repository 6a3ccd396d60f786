internal import Timeline

/// When in a session something is to happen, as it is written behind an `@`: `3s`, `500ms`, `after-greeting`.
public enum Moment: Hashable, Sendable, CustomStringConvertible {
    case after(Duration)
    case point(Point)

    /// What a session comes by on its way.
    public enum Point: String, CaseIterable, Sendable {
        /// The session was created.
        case start
        /// The first `session.update` was answered.
        case configured
        /// The greeting's first audio was sent.
        case greeting
        /// All of the greeting was sent.
        case afterGreeting = "after-greeting"
        /// The caller began to speak.
        case speech
        /// The first audio of a reply after the greeting was sent.
        case reply
        /// All of such a reply was sent.
        case afterReply = "after-reply"
        /// A tool was called.
        case tool
    }

    init?(_ text: some StringProtocol) {
        if let point = Point(rawValue: String(text)) {
            self = .point(point)
        } else if let duration = Duration(practice: text) {
            self = .after(duration)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .after(let duration): duration.practiceText
        case .point(let point): point.rawValue
        }
    }

    static let forms = "3s, 500ms, " + Point.allCases.map(\.rawValue).joined(separator: ", ")
}

extension Duration {
    /// `3s`, `1.5s`, `500ms`, or a bare number of seconds; nothing below zero, and no more than a day.
    init?(practice text: some StringProtocol) {
        let isMilliseconds = text.hasSuffix("ms")
        let number = isMilliseconds ? text.dropLast(2) : text.hasSuffix("s") ? text.dropLast(1) : text[...]
        guard let value = Double(String(number)), value >= 0, value <= 86_400_000 else { return nil }
        let seconds = isMilliseconds ? value / 1_000 : value
        guard seconds <= 86_400 else { return nil }
        self = .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    var practiceText: String { "\(wholeNanoseconds / 1_000_000)ms" }
}
