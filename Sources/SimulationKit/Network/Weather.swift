internal import PracticeKit
internal import Timeline

/// What the network does to one connection, drawn before it begins.
struct Weather {
    enum Trouble {
        /// Neither side takes in anything for so long; then all of it comes at once.
        case stall(Duration)
        /// Nothing comes through any more, and nobody is told.
        case halfOpen
        case reset
    }

    let latency: Duration
    let jitter: Duration
    /// How much the network takes before a sender has to wait.
    let room: Int
    let troubles: [(after: Duration, Trouble)]
    /// Messages come in fragments, and their bytes in pieces.
    let splits: Bool

    /// - Parameter span: Troubles come within it.
    init(within span: Duration, roughness: Double, using dice: inout SeededRandom) {
        latency = .microseconds(200 + dice.below(dice.happens(0.8) ? 30_000 : 200_000))
        jitter = .microseconds(dice.happens(0.7) ? dice.below(5_000) : dice.below(120_000))
        room = 1 + dice.below(64 << 10)
        var troubles: [(Duration, Trouble)] = []
        func moment(_ dice: inout SeededRandom) -> Duration {
            .milliseconds(dice.below(max(1, Int(span.inSeconds * 1_000))))
        }
        if dice.happens(roughness) { troubles.append((moment(&dice), .stall(.milliseconds(50 + dice.below(6_000))))) }
        if dice.happens(roughness) {
            troubles.append((moment(&dice), .stall(.milliseconds(10 + dice.below(700)))))
        }
        if dice.happens(roughness / 4) { troubles.append((moment(&dice), .halfOpen)) }
        if dice.happens(roughness / 4) { troubles.append((moment(&dice), .reset)) }
        self.troubles = troubles
        splits = dice.happens(0.15)
    }

    /// No message takes longer, where nothing stalls.
    var slowest: Duration { latency + jitter }

    func delay(using dice: inout SeededRandom) -> Duration {
        latency + .microseconds(dice.below(1 + Int(jitter.wholeNanoseconds / 1_000)))
    }
}
