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
    nonisolated let services: CallServices
    /// Whether the upgrade was signed, or may count as signed.
    nonisolated let isTrusted: Bool
    nonisolated let desk: CallDesk
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
    var standIn: Agent?
    var standInFormats: UpstreamFormats?
    var usage = UpstreamUsage()
    /// What went wrong upstream last, for the record.
    var upstreamFailure: UpstreamFailure?
    var isGreeting = false

    // What is told of it.
    var answered = Instant.zero
    var book: ConversationBook?
    var past = PastConversation()
    var interruptions = 0
    var malformed = MalformedMessages()
    var strangeMarks = 0
    var outbox = Outbox()
    /// The record as it began, until the store has said that it is there.
    var unopened: CallRecord?
    var keeping: Task<Void, Never>?
    var orders: [Task<Void, Never>] = []

    init(
        on executor: any SerialExecutor & TaskExecutor, line: CallLine, dialer: sending any UpstreamDialing,
        services: CallServices, desk: CallDesk, isTrusted: Bool,
        settled: @escaping @Sendable () -> Void
    ) {
        self.executor = executor
        self.line = line
        self.dialer = dialer
        self.services = services
        self.desk = desk
        self.isTrusted = isTrusted
        self.settled = settled
        generator = services.random()
        logger = services.logger
        machine = CallMachine(services.rules, at: line.loop.now)
        services.metrics.objects.add(1)
    }

    deinit { services.metrics.objects.add(-1) }

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

    private func timeCame(_ now: Instant) {
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
        timer?.set(machine.isOver ? .never : min(machine.deadline, line.sessionDeadline, digits.deadline))
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
