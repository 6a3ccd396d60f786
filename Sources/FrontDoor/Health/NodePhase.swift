internal import Synchronization

/// How far the node's life is, for the probes: read by any thread without a lock.
public final class NodePhase: Sendable {
    public enum Phase: UInt8, Comparable, Sendable {
        case starting, serving, draining

        public static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    private let phase = Atomic(Phase.starting.rawValue)

    public init() {}

    public var now: Phase { Phase(rawValue: phase.load(ordering: .relaxed)) ?? .draining }

    /// Phases only go forward.
    public func enter(_ next: Phase) {
        phase.max(next.rawValue, ordering: .relaxed)
    }
}
