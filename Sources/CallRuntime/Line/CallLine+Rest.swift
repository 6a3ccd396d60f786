internal import CallCore
internal import CarrierWire
internal import MediaCore
internal import Timeline

// A line on which nothing happens leaves the beat, and costs its loop nothing but a look at the gap now and then.
extension CallLine {
    /// A frame is due every 20 ms; after that long it is not on its way.
    private static let patience = Duration.seconds(1)
    /// The gap is looked at so seldom in the end.
    private static let longestRest = Duration.seconds(1)
    /// The longer a caller sends nothing the larger are the pieces of silence that stand for it: an upstream that waits
    /// for the end of a turn hears of it at most an eighth too late.
    private static let share = 8

    /// There is something that time moves on: to be called when it comes up.
    func wake() {
        if isSpared, isBeating {
            isSpared = false
            loop.join(self)
        }
        comeBack()
    }

    /// A frame came; the gap that it leaves behind it moves a line that is at rest.
    func comeBack() {
        guard !isBeating, listener != nil else { return }
        isBeating = true
        restTimer?.set(.never)
        loop.join(self)
    }

    /// How long nothing is due but a look at the gap, while frames come: most of the beats of a call. Where only the
    /// caller speaks, or what the agent says has gone out, three of four beats find nothing to do.
    func sparedUntil(_ now: Instant) -> Instant {
        isSpared =
            isBeating && isUpstreamOpen && playout.isEmpty && tone == nil && milestone == nil && order == nil
            && packets == nil
        return isSpared ? filler.nextFill : now
    }

    func restIfQuiet(at now: Instant) {
        let isTalking = lastFrame.map { $0.duration(to: now) < Self.patience } ?? false
        guard isBeating, !isTalking, playout.isEmpty, tone == nil, milestone == nil else { return }
        guard order?.isWaiting != true else { return }
        isBeating = false
        loop.leave(self)
        rest(from: now)
    }

    func restOver(at now: Instant) {
        guard !isBeating, listener != nil else { return }
        fillGap(at: now)
        rest(from: now)
    }

    private func rest(from now: Instant) {
        guard let lastFrame else { return }  // Who never began leaves no gap.
        let quiet = lastFrame.duration(to: now)
        restTimer?.set(.at(now.advanced(by: min(quiet / Self.share, Self.longestRest))))
    }
}
