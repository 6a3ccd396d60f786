internal import Timeline

/// What the bridge told its upstream that the caller had heard when it was cut off, beside what the phone had played.
struct CutBook {
    /// By the number of the `clear`: how much of an answer the bridge had sent, how much of it the phone had played, and
    /// what the upstream was told; all but the first may be missing.
    private var sent: [Int] = []
    private var lastClear: Instant?
    private var played: [Int: Int] = [:]
    private var told: [Int: Int] = [:]
    private var clearsSeen = 0

    /// How often the bridge sent `clear`.
    var count: Int { sent.count }

    /// The bridge sent it.
    mutating func cleared(after bytes: Int, at now: Instant) {
        sent.append(bytes)
        lastClear = now
    }

    /// It reached the phone, which dropped so much.
    mutating func phoneCleared(dropping bytes: Int) {
        defer { clearsSeen += 1 }
        // More than the last answer: the caller was still hearing the one before.
        guard clearsSeen < sent.count, bytes > 0, sent[clearsSeen] > bytes else { return }
        played[clearsSeen] = (sent[clearsSeen] - bytes) / 8
    }

    /// The bridge tells the upstream, in the turn in which it sent `clear`. Where the carrier's socket was over by then
    /// there is no `clear` that this is about.
    mutating func told(_ milliseconds: Int, at now: Instant) {
        guard lastClear == now else { return }
        told[sent.count - 1] = milliseconds
    }

    /// The largest difference, in milliseconds.
    var worst: (told: Int, played: Int)? {
        told.compactMap { clear, told in played[clear].map { (told: told, played: $0) } }
            .max { abs($0.told - $0.played) < abs($1.told - $1.played) }
    }
}
