internal import CallCore

/// What each side said that could not be used.
struct MalformedMessages: Hashable, Sendable {
    private var carrier = 0
    private var upstream = 0

    var all: Int { carrier + upstream }

    /// One more. Returns how many that makes on its leg.
    mutating func count(_ leg: CallHappening.Leg) -> Int {
        switch leg {
        case .carrier:
            carrier += 1
            return carrier
        case .upstream:
            upstream += 1
            return upstream
        }
    }
}
