internal import CallCore
internal import Timeline

/// Whose upstream: the first choice's, or the agent's that stands in while that one cannot be had.
enum UpstreamSide: Sendable {
    case first
    case standIn
}

/// How far one side is on its way to its upstream.
struct UpstreamWay {
    var dial: (any UpstreamDial)?
    /// The vendor is being asked where a socket may be opened; answers to older questions count for nothing.
    var asking: Task<Void, Never>?
    var asked = 0
    var permit: CircuitBreaker.Permit?
    var began = Instant.zero
}

struct UpstreamWays {
    private var first = UpstreamWay()
    private var standIn = UpstreamWay()

    subscript(side: UpstreamSide) -> UpstreamWay {
        get { side == .first ? first : standIn }
        set {
            switch side {
            case .first: first = newValue
            case .standIn: standIn = newValue
            }
        }
    }

    /// The one that stands in is the first from now on.
    mutating func switchOver() {
        first = standIn
        standIn = UpstreamWay()
    }
}
