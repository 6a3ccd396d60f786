internal import Timeline

/// What a probe found out about a TURN server.
public struct TurnReading: Hashable, Sendable {
    /// It works, but.
    public enum Warning: Hashable, Sendable {
        case slow(Duration)
        /// A request had to be sent so often before it was answered.
        case lossy(Int)
        /// It did not confirm that the relay was given back.
        case unreleased

        public var code: String {
            switch self {
            case .slow: "turn.slow"
            case .lossy: "turn.lossy"
            case .unreleased: "turn.unreleased"
            }
        }

        public var message: String {
            switch self {
            case .slow(let time): "It took \(time.wholeNanoseconds / 1_000_000) ms to give a relay."
            case .lossy(let count): "A request had to be sent \(count) times: packets get lost on the way."
            case .unreleased: "It did not confirm that the relay was given back."
            }
        }
    }

    /// Nil when it gave a relay.
    public internal(set) var failure: TurnFailure?
    public internal(set) var warnings: [Warning] = []
    /// The way there and back.
    public internal(set) var roundTrip: Duration?
    /// From asking for a relay to having it.
    public internal(set) var allocation: Duration?
    /// As it sees the prober.
    public internal(set) var mapped: TurnPeer?
    public internal(set) var relayed: TurnPeer?

    public init(failure: TurnFailure? = nil) {
        self.failure = failure
    }
}
