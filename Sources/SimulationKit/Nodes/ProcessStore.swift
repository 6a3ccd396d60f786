internal import CallCore
internal import CallStore
internal import PracticeKit
internal import Timeline

/// One process's way into the shared database: its threads as the world's events, which wait, fail, are late and die with
/// the process, and its spool. What is written and what it means is the store's own (`KeepingWays`, the tables).
///
/// An operation has two waits: before its commit, and before whoever asked gets to know. A process that dies in the first
/// has written nothing, one that dies in the second has written what nobody was promised.
///
/// Why @unchecked: a world is turned by one thread.
final class ProcessStore: CallStoring, CallClaiming, DialKeeping, KeepingWays, @unchecked Sendable {
    static let timeout = Duration.seconds(5)
    /// One try for another program's lock.
    private static let lockPatience = Duration.milliseconds(100)

    private enum Thread: Int {
        case writer
        case reader
    }

    let process: WorldProcess
    private let database: SharedDatabase
    private let spool: ProcessSpool
    private var dice: SeededRandom
    private let ids = CallIDSource()
    private var last = [Instant.zero, Instant.zero]
    private(set) var outage: CallStoreError?
    /// Who answers for calls that are opened by somebody who does not run them.
    private var epoch: NodeEpoch? { didSet { spool.epoch = epoch } }
    /// Facts on their way.
    private(set) var underWay = 0

    init(_ process: WorldProcess, _ database: SharedDatabase) {
        self.process = process
        self.database = database
        spool = ProcessSpool(process, database)
        dice = process.world.dice()
        spool.replayed = { [unowned self] failure in outage = failure }
    }

    private var world: World { process.world }
    private var tables: TurnedDatabase { database.tables }
    private static let dead = CallStoreError.unavailable("the process is dead")

    // MARK: facts

    func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        guard !process.isDead else { throw Self.dead }
        underWay += 1
        defer { underWay -= 1 }
        let told = database.witness.told(facts)
        let id = ids.next(at: process.utc, using: &dice)
        let entry = SpoolEntry(id: id, at: process.utc, HostMoment(world.now), facts: facts)
        let kept = try await keep(entry)
        guard !process.isDead else { throw Self.dead }
        database.witness.promised(told, kept)
        return kept
    }

    func spoolHolds(_ names: [CallReference]) -> Bool { spool.holds(names) }

    func write(_ entry: SpoolEntry) async throws(CallStoreError) -> CallKept {
        try await work(.writer, within: entry.facts.patience ?? Self.timeout, hasElsewhere: true) {
            [self] () throws(CallStoreError) in
            let kept = try tables.keep(entry, openedBy: epoch)
            database.witness.kept(entry.facts, kept)
            return kept
        }
    }

    func put(_ entry: SpoolEntry) async throws(CallStoreError) {
        let failure = await withCheckedContinuation { (answer: CheckedContinuation<CallStoreError?, Never>) in
            spool.put(entry) { answer.resume(returning: $0) }
        }
        if let failure { throw failure }
    }

    // MARK: leases

    func enter(_ node: String, at now: Instant) async throws(CallStoreError) -> NodeEpoch {
        let entered = try await work(.writer) { [self] () throws(CallStoreError) in
            let epoch = try tables.enter(node, at: now)
            database.begins(epoch, of: process)
            database.witness.entered(epoch, at: now)
            return epoch
        }
        world.note("node enters", number: Int(entered.number), "\(process.name) as \(entered)")
        epoch = entered
        return entered
    }

    func renew(_ epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool {
        try await work(.writer) { [self] () throws(CallStoreError) in
            let stands = try tables.renew(epoch, at: now)
            database.witness.renewed(epoch, at: now, stands: stands)
            return stands
        }
    }

    func leave(_ epoch: NodeEpoch) async throws(CallStoreError) {
        try await work(.writer) { [self] () throws(CallStoreError) in
            try tables.leave(epoch)
            database.ends(epoch)
        }
        if self.epoch == epoch { self.epoch = nil }
    }

    func claimOrphans(
        for epoch: NodeEpoch, steadily isSteady: Bool, at now: Instant
    ) async throws(CallStoreError) -> Int {
        try await work(.writer) { [self] () throws(CallStoreError) in
            let count = try tables.claimOrphans(for: epoch, steadily: isSteady, at: now) { database.lock(of: $0) }
            database.witness.claimed(for: epoch) { database.isDead($0) }
            if count > 0 { world.note("calls are claimed", number: count, "\(count) by \(epoch)") }
            return count
        }
    }

    func hasOthers(than epoch: NodeEpoch, at now: Instant) async throws(CallStoreError) -> Bool {
        try await work(.reader) { [self] () throws(CallStoreError) in
            try tables.hasOthers(than: epoch, at: now) { database.lock(of: $0) }
        }
    }

    func take(_ call: CallID, for epoch: NodeEpoch) async throws(CallStoreError) -> Bool {
        try await work(.writer) { [self] () throws(CallStoreError) in
            let isTaken = try tables.take(call, for: epoch)
            if isTaken { database.witness.taken(call, for: epoch) }
            return isTaken
        }
    }

    func openCalls(
        seenBy epoch: NodeEpoch, after last: CallID?, limit: Int
    ) async throws(CallStoreError) -> [OpenCall] {
        try await work(.reader) { [self] () throws(CallStoreError) in
            try tables.openCalls(seenBy: epoch, after: last, limit: limit)
        }
    }

    // MARK: dialling

    func order(
        _ order: DialOrder, opening record: CallRecord, under key: IdempotencyKey?, within rules: DialRules,
        at now: UTCTime
    ) async throws(CallStoreError) -> DialKept {
        try await work(.writer) { [self] () throws(CallStoreError) in
            let kept = try tables.order(order, opening: record, under: key, within: rules, openedBy: epoch, at: now)
            if case .kept(let record) = kept { database.witness.ordered(record) }
            return kept
        }
    }

    func keep(answer: String, under key: IdempotencyKey) async throws(CallStoreError) {
        try await work(.writer) { [self] () throws(CallStoreError) in try tables.keep(answer: answer, under: key) }
    }

    func claimDial(
        for epoch: NodeEpoch?, holding held: Set<CallID>?, within rules: DialRules, at now: UTCTime
    ) async throws(CallStoreError) -> DialClaim {
        try await work(.writer) { [self] () throws(CallStoreError) in
            let claim = try tables.claimDial(for: epoch, holding: held, within: rules, at: now)
            database.witness.gave(claim, within: rules, at: now)
            return claim
        }
    }

    func dialQueue() async throws(CallStoreError) -> DialQueue {
        try await work(.reader) { [self] () throws(CallStoreError) in try tables.dialQueue() }
    }

    func settleDial(of call: CallID) async throws(CallStoreError) {
        try await work(.writer) { [self] () throws(CallStoreError) in try tables.settleDial(of: call) }
    }

    func cancelDial(of call: CallID, at now: UTCTime) async throws(CallStoreError) -> CallRecord? {
        try await work(.writer) { [self] () throws(CallStoreError) in try tables.cancelDial(of: call, at: now) }
    }

    // MARK: reading

    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        try await work(.reader) { [self] () throws(CallStoreError) in try tables.record(of: call) }
    }

    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        try await work(.reader) { [self] () throws(CallStoreError) in try tables.events(of: call) }
    }

    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        try await work(.reader) { [self] () throws(CallStoreError) in try tables.transcript(of: call) }
    }

    func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage {
        try await work(.reader) { [self] () throws(CallStoreError) in try tables.page(page, matching: filter) }
    }

    func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        try await work(.writer) { [self] () throws(CallStoreError) in try tables.erase(call) }
    }

    // MARK: one operation

    private func work<Value: Sendable>(
        _ thread: Thread, within limit: Duration = timeout, hasElsewhere: Bool = false,
        _ body: @escaping () throws(CallStoreError) -> Value
    ) async throws(CallStoreError) -> Value {
        guard !process.isDead else { throw Self.dead }
        let result = await withCheckedContinuation {
            (answer: CheckedContinuation<Result<Value, CallStoreError>, Never>) in
            let errand = Errand(
                thread, by: world.now.advanced(by: limit), hasElsewhere: hasElsewhere, answer: answer, body)
            let due = max(world.now.advanced(by: delay), last[thread.rawValue].advanced(byNanoseconds: 1))
            last[thread.rawValue] = due
            if due > errand.deadline {
                // What is under way by then is done all the same, and nobody gets to know.
                errand.isBegun = dice.happens(0.5)
                process.at(errand.deadline) { errand.answer(.failure(.timedOut)) }
            }
            process.at(due) { [self] in run(errand) }
        }
        return try result.get()
    }

    private var delay: Duration {
        guard database.troubles.trouble(at: world.now) == .slow else {
            return .microseconds(20 + dice.below(database.troubles.usual))
        }
        return .milliseconds(500 + dice.below(8_000))
    }

    private func run<Value>(_ errand: Errand<Value>) {
        guard !process.isDead else { return errand.answer(.failure(Self.dead)) }
        guard errand.isAwaited || errand.isBegun else { return }
        switch database.troubles.trouble(at: world.now) {
        case .locked where errand.thread == .writer: return wait(errand)
        case .away:
            if errand.thread == .writer { outage = .diskFailed("it is away") }
            return errand.answer(.failure(.diskFailed("it is away")))
        case .locked, .slow, nil: break
        }
        let result = Result { () throws(CallStoreError) in try errand.body() }
        if errand.thread == .writer { outage = nil }
        process.after(.microseconds(dice.below(dice.happens(0.95) ? 500 : 30_000))) { [self] in
            errand.answer(process.isDead ? .failure(Self.dead) : result)
        }
    }

    /// For another program's lock; not what can be done elsewhere.
    private func wait<Value>(_ errand: Errand<Value>) {
        outage = .locked
        process.after(Self.lockPatience) { [self] in
            guard !errand.hasElsewhere else { return errand.answer(.failure(.locked)) }
            guard world.now < errand.deadline else { return errand.answer(.failure(.timedOut)) }
            run(errand)
        }
    }

    private final class Errand<Value: Sendable> {
        typealias Answer = CheckedContinuation<Result<Value, CallStoreError>, Never>

        let thread: Thread
        let deadline: Instant
        let hasElsewhere: Bool
        let body: () throws(CallStoreError) -> Value
        var isBegun = false
        private var waiting: Answer?

        init(
            _ thread: Thread, by deadline: Instant, hasElsewhere: Bool, answer: Answer,
            _ body: @escaping () throws(CallStoreError) -> Value
        ) {
            self.thread = thread
            self.deadline = deadline
            self.hasElsewhere = hasElsewhere
            self.body = body
            waiting = answer
        }

        var isAwaited: Bool { waiting != nil }

        func answer(_ result: Result<Value, CallStoreError>) {
            waiting?.resume(returning: result)
            waiting = nil
        }
    }
}
