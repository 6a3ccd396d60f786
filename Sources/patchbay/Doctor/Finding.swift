/// What one look of the doctor's came to.
struct Finding: Hashable, Sendable {
    enum Verdict: String, Hashable, Sendable, CaseIterable {
        case ok
        /// Works, and could do better.
        case warning
        case failed
        /// Not set up, so there was nothing to look at.
        case skipped
        /// Was wrong, and is not any more.
        case fixed
    }

    /// What was looked at, as the settings name it.
    let subject: String
    let verdict: Verdict
    /// The bridge is of no use with this.
    let isCritical: Bool
    let message: String
    /// What to do about it.
    let remedy: String?

    static func ok(_ subject: String, _ message: String) -> Finding {
        Finding(subject: subject, verdict: .ok, isCritical: false, message: message, remedy: nil)
    }

    static func skipped(_ subject: String, _ message: String, _ remedy: String? = nil) -> Finding {
        Finding(subject: subject, verdict: .skipped, isCritical: false, message: message, remedy: remedy)
    }

    static func warning(_ subject: String, _ message: String, _ remedy: String) -> Finding {
        Finding(subject: subject, verdict: .warning, isCritical: false, message: message, remedy: remedy)
    }

    static func failed(_ subject: String, _ message: String, _ remedy: String, isCritical: Bool = true) -> Finding {
        Finding(subject: subject, verdict: .failed, isCritical: isCritical, message: message, remedy: remedy)
    }

    static func fixed(_ subject: String, _ message: String) -> Finding {
        Finding(subject: subject, verdict: .fixed, isCritical: false, message: message, remedy: nil)
    }

    /// The doctor says that the patient is ill.
    var isFatal: Bool { verdict == .failed && isCritical }
}
