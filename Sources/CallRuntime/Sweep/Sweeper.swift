public import CallCore
internal import Synchronization
internal import Telemetry
public import Timeline

/// Sees to it that no record stays open once its call is over: those of dead nodes, those whose stream never came, those
/// whose last word was lost. It keeps this node's lease, claims what dead nodes left, and asks the carrier.
public actor Sweeper: CallSweeping {
    struct Case {
        var record: CallRecord
        var machine: ReconcileMachine
        /// What the carrier said last.
        var view: CarrierView?
        var work: Task<Void, Never>?
    }

    private struct Announced {
        var calls: [(call: CallReference, due: Instant)] = []
        /// Those whose age counts from now on.
        var fresh: [(call: CallReference, at: Instant)] = []
    }

    private static let page = 200
    /// Questions that may wait for the carrier's answers, and how many may begin in a second.
    private static let questions = 16
    private static let questionsPerSecond = 100
    /// It looks at its own list at least so often, for what was added.
    private static let grain = Duration.milliseconds(500)
    /// A sweep that was asked for waits so much longer than callers may take to come back.
    static let answerGrace = Duration.seconds(2)
    private static let expectedLimit = 20_000

    nonisolated let services: SweepServices
    nonisolated let tenure: NodeTenure
    private nonisolated let announced = Mutex(Announced())
    private var ages = RecordAges()
    private let unreconciled: Gauge
    private let tasks: Gauge
    var sessions = LiveSessions.none
    var cases: [CallID: Case] = [:]
    private var bucket = TokenBucket(rate: questionsPerSecond)
    private var nextLook = Deadline.never
    var renewal: Task<Void, Never>?
    var hasRenewed = true
    var sharedLook: Task<Void, Never>?
    private(set) var isStopped = false
    private var hasEnded = false
    var isCarrierSilent = false
    /// Closed while somebody waits for a report.
    var closed: [SweepReport.Closed] = []
    var reporters = 0

    /// - Parameter tenure: Begun here, for all who write of calls.
    public init(_ services: SweepServices, tenure: NodeTenure) {
        self.services = services
        self.tenure = tenure
        unreconciled = services.registry.gauge(.callsUnreconciled)
        tasks = services.registry.gauge(.sweepTasks)
    }

    // MARK: its life

    /// Enters the store as a node and claims what dead nodes left. Does not wait for the carrier.
    public func begin(with sessions: LiveSessions) async throws(CallStoreError) {
        self.sessions = sessions
        try await enter()
        _ = try await look()
    }

    /// Until it is cancelled.
    public func sweep() async {
        while !Task.isCancelled {
            await turn()
            try? await services.wait(pause)
        }
    }

    /// Ends the work, as far as the deadline allows.
    ///
    /// - Parameter leaves: Gives the lease back: what is still open can be claimed by others at once, and nothing that this
    ///   node tells of its calls is kept any more.
    public func stop(leaves: Bool = true, by deadline: Deadline = .never) async {
        isStopped = true
        let open = cases.values.compactMap(\.work)
        for task in open { task.cancel() }
        // A store that is away may hold them up for longer than the process has.
        let end = Task(name: "sweep-end", executorPreference: services.executor) { [self] in
            for task in open { await task.value }
            await ended(leaves: leaves)
        }
        while !hasEnded, !deadline.isReached(at: services.now()) {
            guard (try? await services.wait(.milliseconds(5))) != nil else { break }
        }
        if deadline == .never { await end.value }
    }

    private func ended(leaves: Bool) async {
        if leaves { await leave() }
        hasEnded = true
    }

    /// A webhook was answered, or a number dialled: its stream should come.
    ///
    /// - Parameter name: The carrier's. A report of the call may have opened its record under another id while the webhook
    ///   was answered without the store.
    public nonisolated func expect(_ call: CallID, as name: String? = nil, _ direction: CallDirection = .inbound) {
        guard services.rules.expected > .zero else { return }
        let now = services.now()
        let due = now.advanced(by: services.rules.wait(for: direction))
        // What finds no room is found all the same, by the next look at the open records.
        announced.withLock { announced in
            guard announced.calls.count < Self.expectedLimit else { return }
            let call = name.map { .provider($0) } ?? CallReference.id(call)
            announced.calls.append((call, due))
            announced.fresh.append((call, now))
        }
    }

    // MARK: looking

    /// One pass: looks at the store when it is time, and takes up what is due.
    func turn() async {
        // One that gave its lease back must neither look nor claim: it would take what it has just handed over.
        guard !isStopped else { return }
        lookAtClocks()
        if nextLook.isReached(at: services.now()) { await lookOrTell() }
        await takeAnnounced()
        takeUpWhatIsDue()
    }

    func lookOrTell() async {
        do throws(CallStoreError) {
            _ = try await look()
        } catch .fenced {
            await renew()
        } catch {
            report(error.code, "Open records could not be looked at. \(error.message)", .warning)
        }
    }

    /// Nil when there is none, or the store cannot say: then that is told, and a later look finds it.
    func record(of call: CallReference) async -> CallRecord? {
        do throws(CallStoreError) {
            return try await services.store.record(of: call)
        } catch {
            report(error.code, "A record could not be read. \(error.message)", .warning)
            return nil
        }
    }

    /// Claims what nobody answers for, and looks at every open record.
    func look() async throws(CallStoreError) -> SweepReport {
        nextLook = Deadline(limit: services.rules.every, from: services.now())
        guard let epoch = tenure.epoch else { return SweepReport() }
        lookAtClocks()
        let now = services.now()
        let isSteady = tenure.isSteady(under: services.lease, at: now)
        let claimed = try await services.store.claimOrphans(for: epoch, steadily: isSteady, at: now)
        if claimed > 0 {
            services.logger.warning(
                "sweep.claimed", "Open calls of nodes that are gone were taken over.", ["calls": .integer(claimed)])
        }
        var report = SweepReport()
        var open: Set<CallID> = []
        var last: CallID?
        repeat {
            let page = try await services.store.openCalls(seenBy: epoch, after: last, limit: Self.page)
            for call in page {
                open.insert(call.record.id)
                ages.saw(.id(call.record.id), at: now)
                await judge(call, &report)
            }
            last = page.count < Self.page ? nil : page.last?.record.id
        } while last != nil
        report.lookedAt = open.count
        ages.forget(except: open, at: now)
        // Whoever ended the others told of it.
        for id in cases.keys where !open.contains(id) && cases[id]?.work == nil { cases[id] = nil }
        count()
        return report
    }

    private func lookAtClocks() {
        ages.look(at: services.now(), services.utc())
        let fresh = announced.withLock { announced in
            defer { announced.fresh = [] }
            return announced.fresh
        }
        for (call, began) in fresh { ages.saw(call, at: began) }
    }

    private func judge(_ call: OpenCall, _ report: inout SweepReport) async {
        let record = call.record
        // The store may have taken its time, and somebody may have set the wall clock meanwhile.
        lookAtClocks()
        let age = ages.age(of: record, at: services.now(), services.utc())
        let hasSession = record.providerCallID.map(sessions.contains) ?? false
        switch services.rules.verdict(on: call, hasSession: hasSession, at: services.utc(), age: age) {
        case .leave(let leaving):
            report.left[leaving, default: 0] += 1
            // The caller came back; or the record is nobody's here.
            if let known = cases[record.id], known.work == nil { cases[record.id] = nil }
            if leaving == .live, record.unreconciledSince != nil { await note(record.id, isUnreconciled: false) }
        case .lost:
            report.left[.elsewhere, default: 0] += 1
            if let name = record.providerCallID { sessions.drop(name) }
        case .cancel:
            cases[record.id] = nil
            await close(record.id, .finish(.canceled), .notDialled)
        case .reconcile(let cause, let after, let openFor):
            guard cases[record.id].map({ $0.machine.cause != cause && $0.work == nil }) ?? true else { return }
            let owed = record.unreconciledSince.map { services.utc().millisecondsSince1970 - $0.millisecondsSince1970 }
            let machine = ReconcileMachine(
                cause, services.rules, at: services.now(), after: after, openFor: openFor,
                unreconciledFor: .milliseconds(max(0, owed ?? 0)))
            cases[record.id] = Case(record: record, machine: machine)
            if machine.isUnreconciled, record.unreconciledSince == nil { await note(record.id, isUnreconciled: true) }
        }
    }

    /// Those whose stream should have come by now.
    private func takeAnnounced() async {
        let now = services.now()
        let due = announced.withLock { announced in
            let due = announced.calls.filter { $0.due <= now }.map(\.call)
            announced.calls.removeAll { $0.due <= now }
            return due
        }
        var report = SweepReport()
        for call in due {
            guard let record = await record(of: call), !record.status.isFinal, record.streamID == nil else {
                continue
            }
            await judge(OpenCall(record: record, holder: .asker), &report)
        }
    }

    // MARK: taking up

    func takeUpWhatIsDue() {
        guard !isStopped else { return }
        let now = services.now()
        let due = cases.filter { $0.value.work == nil && $0.value.machine.deadline.isReached(at: now) }
        let room = Self.questions - cases.values.count { $0.work != nil }
        let first = due.sorted { ($0.value.machine.deadline, $0.key) < ($1.value.machine.deadline, $1.key) }
        for (id, one) in first.prefix(max(0, room)) {
            let hasSession = one.record.providerCallID.map(sessions.contains) ?? false
            guard let action = cases[id]?.machine.deadlineReached(hasSession: hasSession, at: now) else { continue }
            tasks.add(1)
            cases[id]?.work = Task(name: "reconcile", executorPreference: services.executor) { [self] in
                await reconcile(id, action)
            }
        }
    }

    private func reconcile(_ id: CallID, _ action: ReconcileMachine.Action) async {
        await proceed(id, action)
        cases[id]?.work = nil
        tasks.add(-1)
        count()
        takeUpWhatIsDue()
    }

    /// Until something is due.
    private var pause: Duration {
        let now = services.now()
        let next = cases.values.filter { $0.work == nil }.map(\.machine.deadline).min() ?? .never
        return max(.milliseconds(10), min(Self.grain, next.remaining(at: now) ?? Self.grain))
    }

    /// Waits for the carrier's patience: it is asked only so often.
    func awaitTurn() async {
        while case .refused(let until) = bucket.take(at: services.now()) {
            guard (try? await services.wait(services.now().duration(to: until))) != nil else { return }
        }
    }

    // MARK: telling

    func closed(_ record: CallRecord, _ reason: EndReason, _ cause: SweepCause) {
        services.registry.counter(.swept, reason.rawValue).increment()
        services.registry.counter(
            .calls, record.direction.rawValue, record.upstream?.rawValue ?? "none", reason.status.rawValue,
            reason.rawValue
        ).increment()
        services.logger.info(
            "sweep.closed", "A record that was left open is closed.",
            [
                "call": .string(record.id.description), "status": .string(reason.status.rawValue),
                "end_reason": .string(reason.rawValue), "why": .string(cause.words),
            ])
        guard reporters > 0 else { return }
        closed.append(
            SweepReport.Closed(
                call: record.id, providerCallID: record.providerCallID, reason: reason, cause: cause))
    }

    private func count() {
        unreconciled.set(Double(cases.values.count { $0.machine.isUnreconciled }))
    }

    func report(_ code: String, _ message: String, _ severity: ErrorSeverity = .error, call: CallID? = nil) {
        services.errors.report(
            ErrorReport(
                code: code, component: "sweep", severity: severity, message: message,
                context: ErrorContext(call: call?.description)))
    }
}
