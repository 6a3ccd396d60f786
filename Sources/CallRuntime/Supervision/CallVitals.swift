package import CallCore
internal import Synchronization
package import Timeline

/// How one call is, for the supervisor to read from another thread. Written on the call's loop: the frame path pays a
/// plain store for each number, and no lock.
package final class CallVitals: Sendable {
    private static let never = Int64.max

    private let deadline = Atomic(CallVitals.never)
    private let lastFrame = Atomic(CallVitals.never)
    private let lastUpstream = Atomic(CallVitals.never)
    private let phase = Atomic(CallPhase.waiting.rawValue)
    private let answered = Atomic(false)
    private let preroll = Atomic(0)
    private let playout = Atomic(0)
    private let outbox = Atomic(0)

    package init() {}

    /// As they were at one moment.
    package struct Reading: Hashable, Sendable {
        package let phase: CallPhase
        package let deadline: Deadline
        package let lastFrame: Instant?
        package let lastUpstream: Instant?
        /// The last command was heard.
        package let answered: Bool
        /// Bytes of audio and facts that wait.
        package let preroll: Int
        package let playout: Int
        package let outbox: Int
    }

    package var reading: Reading {
        Reading(
            phase: CallPhase(rawValue: phase.load(ordering: .relaxed)) ?? .over, deadline: nextDeadline,
            lastFrame: Self.instant(lastFrame), lastUpstream: Self.instant(lastUpstream),
            answered: answered.load(ordering: .relaxed), preroll: preroll.load(ordering: .relaxed),
            playout: playout.load(ordering: .relaxed), outbox: outbox.load(ordering: .relaxed))
    }

    package var nextDeadline: Deadline { Self.instant(deadline).map { .at($0) } ?? .never }

    private static func instant(_ value: borrowing Atomic<Int64>) -> Instant? {
        let nanoseconds = value.load(ordering: .relaxed)
        return nanoseconds == never ? nil : Instant(nanoseconds: nanoseconds)
    }

    // MARK: on the call's loop

    package func frameCame(at now: Instant) { lastFrame.store(now.nanoseconds, ordering: .relaxed) }

    package func upstreamSpoke(at now: Instant) { lastUpstream.store(now.nanoseconds, ordering: .relaxed) }

    func keeps(preroll: Int, playout: Int) {
        self.preroll.store(preroll, ordering: .relaxed)
        self.playout.store(playout, ordering: .relaxed)
    }

    package func isDue(_ deadline: Deadline, in phase: CallPhase, outbox: Int) {
        self.deadline.store(deadline.instant?.nanoseconds ?? Self.never, ordering: .relaxed)
        self.phase.store(phase.rawValue, ordering: .relaxed)
        self.outbox.store(outbox, ordering: .relaxed)
    }

    // MARK: commands

    func commanded() { answered.store(false, ordering: .relaxed) }
    func obeyed() { answered.store(true, ordering: .relaxed) }
}
