/// The input buffer: what came since the last commit, and where in the session it stands.
struct CallerAudio {
    /// More of one turn is not kept; it still counts.
    private static let longestTurn = Duration.seconds(120)

    private(set) var rate: Int
    /// All bytes of the session.
    private(set) var bytes = 0
    /// Samples not committed yet, the kept ones at the end of them.
    private(set) var uncommitted = 0
    private(set) var kept: [Int16] = []
    private(set) var samples = 0
    private var earlierMilliseconds = 0

    init(rate: Int) {
        self.rate = rate
    }

    /// What was written to the buffer since the session began.
    var milliseconds: Int { earlierMilliseconds + samples * 1_000 / rate }

    var uncommittedMilliseconds: Double { Double(uncommitted) * 1_000 / Double(rate) }

    mutating func append(_ new: [Int16], bytes count: Int) {
        bytes += count
        samples += new.count
        uncommitted += new.count
        kept += new
        let most = Sound.count(of: Self.longestTurn, rate: rate)
        if kept.count > most { kept.removeFirst(kept.count - most) }
    }

    /// Outside a turn the service keeps only what the prefix may need.
    mutating func keepLast(milliseconds: Int) {
        let count = rate * milliseconds / 1_000
        uncommitted = min(uncommitted, count)
        // Not at each frame: moving what stays costs more than keeping a second of it.
        if kept.count > count + rate { kept.removeFirst(kept.count - count) }
    }

    mutating func change(rate newRate: Int) {
        guard newRate != rate else { return }
        earlierMilliseconds = milliseconds
        samples = 0
        rate = newRate
        clear()
    }

    mutating func clear() {
        uncommitted = 0
        kept = []
    }

    /// The buffer's content, which is in it no more.
    mutating func commit() -> Sound {
        let sound = Sound(rate: rate, samples: Array(kept.suffix(uncommitted)))
        clear()
        return sound
    }
}
