public import CallCore
public import Timeline

/// One call as it can be seen without asking it.
public struct CallGlimpse: Hashable, Sendable {
    /// The carrier's name of it; nil while it has not said which call it is.
    public let providerCallID: String?
    public let phase: CallPhase
    public let lastFrame: Instant?
    /// When it has to do something next.
    public let deadline: Deadline
}

extension Switchboard {
    /// All that are here, in the order in which they came.
    public var glimpses: [CallGlimpse] {
        desk.named.map { name, call in
            let vitals = call.line.vitals.reading
            return CallGlimpse(
                providerCallID: name, phase: vitals.phase, lastFrame: vitals.lastFrame,
                deadline: vitals.deadline)
        }
    }
}
