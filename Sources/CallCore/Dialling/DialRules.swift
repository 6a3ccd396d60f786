public import Timeline
public import Wording

/// What may be dialled, how fast, and for how long it is tried.
public struct DialRules: Hashable, Sendable {
    /// Numbers begin with one of these; with none, nothing may be dialled.
    public var prefixes = ["+1"]
    /// Of dialled calls a day (UTC); zero is no limit.
    public var minutesPerDay = 0
    /// What the account may dial; zero is no limit.
    public var callsPerSecond = 1
    /// A call that was not dialled so long after its time never is; zero is no limit.
    public var expires = Duration.seconds(900)
    /// Sent along as the carrier's limit.
    public var longestCall = Duration.seconds(14_400)
    /// For somebody to answer.
    public var ring = Duration.seconds(60)
    /// Between the first attempt and the last, while the carrier does not take calls.
    public var patience = Duration.seconds(60)
    /// Calls that may be ordered within one attempt's turn.
    public var attempts = 3
    /// Questions to the carrier after an answer was lost, each so long after the loss.
    public var looks: [Duration] = [.seconds(1), .seconds(3), .seconds(6)]
    public var firstPause = Duration.seconds(1)
    public var longestPause = Duration.seconds(30)

    public init() {}

    /// How many calls may wait: as many as can be dialled before they expire.
    public var capacity: Int {
        guard callsPerSecond > 0, expires > .zero else { return Self.largestQueue }
        let seconds = Int(expires.components.seconds)
        return min(Self.largestQueue, max(1, callsPerSecond.multipliedReportingOverflow(by: seconds).partialValue))
    }

    private static let largestQueue = 10_000

    /// What one day may hold; nil is no limit.
    public var secondsPerDay: Int? { minutesPerDay > 0 ? minutesPerDay * 60 : nil }

    /// The longest that a call may last, at the carrier, too.
    ///
    /// - Parameter own: What its agent allows; nil and zero are no limit of its own.
    public func limitSeconds(own: Duration?) -> Int {
        let limits = [longestCall, own ?? .zero].filter { $0 > .zero }
        let carriers = Duration.seconds(86_400)
        return max(1, Int((limits.min() ?? carriers).components.seconds))
    }

    public func expiry(of due: UTCTime) -> UTCTime? {
        guard expires > .zero else { return nil }
        return UTCTime(millisecondsSince1970: due.millisecondsSince1970 + expires.wholeNanoseconds / 1_000_000)
    }

    /// Why a number may not be dialled; nil lets it.
    public func refusal(of number: PhoneNumber) -> NumberRefusal? {
        guard number.isE164 else { return .malformed }
        return prefixes.contains { number.unmasked.hasPrefix($0) } ? nil : .prefix
    }

    public enum NumberRefusal: Hashable, Sendable {
        case malformed
        /// It begins with none of those that are allowed.
        case prefix

        public var code: String {
            switch self {
            case .malformed: "call.number_malformed"
            case .prefix: "call.number_not_allowed"
            }
        }

        public var message: String {
            switch self {
            case .malformed:
                "This is no phone number in E.164: a plus sign, the country and the number, 8 to 15 digits in all and "
                    + "nothing else, such as +15550001111."
            case .prefix:
                "Numbers that begin like this may not be called. limits.dial_prefixes (PATCHBAY_DIAL_PREFIXES) says "
                    + "which may."
            }
        }
    }
}

extension PhoneNumber {
    /// A plus sign and 8 to 15 digits, of which the first is no zero.
    public var isE164: Bool {
        let digits = Array(unmasked.utf8.dropFirst())
        return unmasked.utf8.first == UInt8(ascii: "+") && (8...15).contains(digits.count)
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && digits.first != UInt8(ascii: "0")
    }
}
