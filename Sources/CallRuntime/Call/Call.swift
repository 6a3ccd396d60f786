internal import CallCore
internal import JSONWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire

/// One phone call, from its socket's first byte to its final status.
///
/// The actor is the control plane: it lives on the call's loop, tells `CallMachine` what happened and carries out what
/// that decides. Frames do not come here; `CallLine` moves them on the same thread.
public actor Call {
    /// Production: the socket loop. Simulation: one that picks jobs by seed.
    private nonisolated let executor: any SerialExecutor & TaskExecutor
    nonisolated let line: CallLine
    private nonisolated let shared: Shared<CallServices>
    /// Whether the upgrade was signed, or may count as signed.
    nonisolated let isTrusted: Bool
    nonisolated let desk: CallDesk
    /// Runs something on the call's thread beside the actor's own work, which may be what does not go on.
    nonisolated let aside: CallHome.Aside
    /// To be called once it is clear whose call this is, or that it is nobody's.
    var settled: (@Sendable () -> Void)?

    var machine: CallMachine
    var timer: (any CallTimer)?
    var generator: any RandomNumberGenerator & Sendable
    var logger: Logger

    // Known once the carrier said `start`.
    var record: CallRecord?
    var agent: Agent?
    var stream: String?
    var digits = DigitCollector()
    /// Pressed while there was no upstream.
    var untoldKeys = ""

    // The upstream.
    let dialer: any UpstreamDialing
    var vendor: UpstreamVendor?
    var ways = UpstreamWays()
    /// Questions to vendors so far.
    var asked = 0
    /// What was asked ahead of the call.
    var ticket: UpstreamTicket?
    /// Who takes over when the upstream cannot be had, and in which formats it would.
    @Apart var standIn: Agent?
    var standInFormats: UpstreamFormats?
    var usage = UpstreamUsage()
    /// What went wrong upstream last, for the record.
    var upstreamFailure: UpstreamFailure?
    var isGreeting = false

    // What is told of it.
    var answered = Instant.zero
    var book: ConversationBook?
    var past = PastConversation()
    /// Another node goes on with the call, and tells of it.
    var isHandedOver = false
    var interruptions = 0
    var malformed = MalformedMessages()
    var strangeMarks = 0
    var outbox = Outbox()
    /// The record as it began, until the store has said that it is there.
    @Apart var unopened: CallRecord?
    var keeping: Task<Void, Never>?
    var orders: [Task<Void, Never>] = []

    init(
        on executor: any SerialExecutor & TaskExecutor, line: CallLine, dialer: sending any UpstreamDialing,
        services shared: Shared<CallServices>, desk: CallDesk, aside: @escaping CallHome.Aside, isTrusted: Bool,
        settled: @escaping @Sendable () -> Void
    ) {
        self.executor = executor
        self.line = line
        self.dialer = dialer
        self.shared = shared
        let services = shared.value
        self.desk = desk
        self.aside = aside
        self.isTrusted = isTrusted
        self.settled = settled
        generator = services.random()
        logger = services.logger
        machine = CallMachine(services.rules, at: line.loop.now)
        services.metrics.objects.add(1)
    }

    deinit { services.metrics.objects.add(-1) }

    nonisolated var services: CallServices { shared.value }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Runs on the call's own thread, as all its work does.
    nonisolated func task(_ body: @escaping @isolated(any) @Sendable () async -> Void) -> Task<Void, Never> {
        let tasks = services.metrics.tasks
        tasks.add(1)
        return Task(executorPreference: executor) {
            await body()
            tasks.add(-1)
        }
    }

    /// Runs something on the call from elsewhere.
    nonisolated func tell(_ body: @escaping @Sendable (isolated Call) -> Void) {
        _ = task { await body(self) }
    }

    func carrierReported(_ status: CallStatus) {
        carryOut(machine.carrierAnswered(status, at: line.loop.now))
        rearm()
    }

    func hangUp(_ reason: EndReason, saying steps: [CallerStep]) {
        carryOut(machine.hangUpAsked(reason, saying: steps, at: line.loop.now))
        rearm()
    }

    func nodeEnds(_ reason: EndReason = .drainTimeout) {
        carryOut(machine.nodeEnds(reason))
    }

    /// The last of what is told of the call from here, if it is one that can go on elsewhere.
    func prepareHandover() {
        guard machine.isTalking, let name = record?.providerCallID else { return }
        note(.drainAsked)
        keep(book?.close(at: line.loop.now) ?? [])
        isHandedOver = true
        desk.handOver(name)
    }

    func handOver() {
        guard isHandedOver else { return }
        carryOut(machine.nodeEnds())
    }

    func settle() {
        settled?()
        settled = nil
    }

    // MARK: time

    /// Begins to watch the clock.
    func begin() {
        desk.enter(self)
        timer = line.loop.timer { [unowned self] now in
            assumeIsolated { $0.timeCame(now) }
        }
        rearm()
    }

    func timeCame(_ now: Instant) {
        if machine.deadline.isReached(at: now) {
            let lastFrame = line.lastFrame
            withBudget(of: vendor) { call, budget, generator in
                call.machine.deadlineReached(lastFrame: lastFrame, at: now, budget: &budget, using: &generator)
            }
        }
        if line.sessionDeadline.isReached(at: now) { take(line.sessionDeadlineReached(at: now)) }
        if let keys = digits.deadlineReached(at: now) { tellDigits(keys) }
        rearm()
    }

    /// One timer for everything that has a time.
    func rearm() {
        let next = machine.isOver ? Deadline.never : min(machine.deadline, line.sessionDeadline, digits.deadline)
        timer?.set(next)
        line.vitals.isDue(next, in: machine.phase, outbox: outbox.count)
    }

    /// Retries are everybody's: each upstream has one budget of them.
    func withBudget(
        of vendor: UpstreamVendor?,
        _ decide: (isolated Call, inout RetryBudget, inout any RandomNumberGenerator & Sendable) -> [CallAction]
    ) {
        let before = vendor.map { services.gates.budget(of: $0) } ?? RetryBudget()
        var budget = before
        var generator = self.generator
        let actions = decide(self, &budget, &generator)
        self.generator = generator
        if let vendor, budget != before { services.gates.tookRetry(vendor) }
        carryOut(actions)
    }
}
