public import CallCore

extension Agent {
    /// Where an agent has no words of its own for it.
    private static let apology =
        "We are sorry. We have a technical problem and cannot continue this call. Please call again later."

    /// What a caller hears whose call cannot go on.
    public var apology: [CallerStep] {
        [
            .say(fallback.say ?? Self.apology, language: language),
            fallback.transferTo.map { .transfer(to: $0) } ?? .hangUp,
        ]
    }
}
