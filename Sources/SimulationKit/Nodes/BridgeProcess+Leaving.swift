internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import Timeline

// How a node leaves, as the program does it when it gets SIGTERM, and what has to hold meanwhile.
extension BridgeProcess {
    struct Leaving {
        let limits: Departure.Limits
        let since: Instant
        /// Until then those who send calls have not noticed.
        let listedUntil: Instant

        /// New calls are refused from then on.
        var closes: Instant { since.advanced(by: limits.lameDuck) }
        /// What is left is ended then.
        var deadline: Instant { closes.advanced(by: limits.drain) }
    }

    /// For calls that were told that it is over, requests, and the last words.
    private static let grace = Duration.milliseconds(500)
    private static let lastWord = Duration.milliseconds(100)
    /// A node that was stopped lately is late with everything.
    private static let recovery = Duration.seconds(10)
    /// A second between two looks at the machine, and the calm that a node waits for.
    private static let admissionLag = Duration.milliseconds(1_200)
    private static let calm = Duration.milliseconds(7_500)

    /// - Parameters:
    ///   - limits: The lame duck, and what calls have to end by themselves.
    ///   - listed: So long those who send calls do not notice.
    func leave(_ limits: Departure.Limits, listed: Duration, then next: @escaping () -> Void) {
        guard stage == .serving else { return }
        entersDrain()
        world.note("node drains", process.name)
        leaving = Leaving(limits: limits, since: world.now, listedUntil: world.now.advanced(by: listed))
        let next = OneThread(value: next)
        run { mine in
            let node = mine.value
            await node.windUp(limits)
            guard !node.process.isDead else { return }
            node.die("it has ended")
            next.value()
        }
    }

    private func windUp(_ limits: Departure.Limits) async {
        let departure = departure(limits)
        guard (try? await departure.drain()) != nil, !process.isDead else { return }
        judgeDrained()
        switchboard.hangUpAll(.drainTimeout)
        _ = try? await departure.wait(by: soon(Self.grace)) { switchboard.openCalls == 0 }
        switchboard.endAll()
        _ = try? await departure.wait(by: soon(Self.lastWord)) {
            switchboard.openCalls == 0 && switchboard.keepsNothing
        }
        await endWork(leaves: switchboard.keepsNothing, by: Self.lastWord)
        _ = try? await departure.wait(by: soon(Self.grace)) { store.underWay == 0 }
    }

    private func soon(_ wait: Duration) -> Deadline { .at(world.now.advanced(by: wait)) }

    private var wasStoppedLately: Bool {
        process.isStopped || process.lastStop.map { $0.duration(to: world.now) < Self.recovery } ?? false
    }

    // MARK: what has to hold

    /// The drain is over: by itself, or since its time was.
    private func judgeDrained() {
        let left = switchboard.glimpses.filter { $0.phase == .bridging }
        guard left.count > stuck.count(where: \.isStuck) else { return }
        world.violated("a drain forgets no call", "\(process.name): \(left.map { $0.providerCallID ?? "-" })")
    }

    /// A call's end has been committed.
    func judgeEnd(_ reason: EndReason) {
        guard reason == .drainTimeout, let leaving, world.now < leaving.deadline else { return }
        world.violated("no call is cut before the drain's deadline", "\(process.name)")
    }

    /// What somebody who comes now is told.
    func judge(_ admission: CallAdmission) {
        guard !wasStoppedLately else { return }
        let now = world.now
        if let leaving, now < leaving.closes, admission == .draining {
            world.violated("new calls are taken for the lame duck", process.name)
        }
        if let leaving, leaving.closes < now, admission != .draining {
            world.violated("new calls are refused after the lame duck", process.name)
        }
        guard admission != .draining, let readyAt, readyAt.advanced(by: Self.calm) < now else { return }
        let isShort = load.isShort(from: now.advanced(by: .zero - Self.admissionLag), to: now)
        if isShort, admission == .open {
            world.violated("a node without memory takes no new calls", process.name)
        }
        let wasWell = !load.wasShort(from: now.advanced(by: .zero - Self.calm), to: now)
        if wasWell, switchboard.liveCalls < AdmissionRule.Limits().leastCalls, admission == .full {
            world.violated("a node that is well takes new calls", process.name)
        }
    }

    /// Once a second: nothing of it may be long past its own deadline, however it hangs.
    func watchVitals() {
        guard !process.isDead else { return }
        if !wasStoppedLately { switchboard.judgeVitals(in: world, of: process.name) }
        world.after(.seconds(1)) { [self] in watchVitals() }
    }
}
