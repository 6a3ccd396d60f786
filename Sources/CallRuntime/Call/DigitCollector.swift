internal import Timeline

/// Puts keys that come one by one into what the caller meant: they belong together until a pause, or `#`.
struct DigitCollector: Hashable, Sendable {
    static let pause = Duration.milliseconds(1_500)
    /// What nobody types on purpose.
    static let limit = 64

    private var digits = ""
    private(set) var deadline = Deadline.never

    /// A key was pressed. Returns what is complete with it.
    mutating func press(_ digit: Character, at now: Instant) -> String? {
        digits.append(digit)
        deadline = .at(now.advanced(by: Self.pause))
        return digit == "#" || digits.count >= Self.limit ? take() : nil
    }

    mutating func deadlineReached(at now: Instant) -> String? {
        deadline.isReached(at: now) ? take() : nil
    }

    private mutating func take() -> String? {
        deadline = .never
        defer { digits = "" }
        return digits.isEmpty ? nil : digits
    }
}
