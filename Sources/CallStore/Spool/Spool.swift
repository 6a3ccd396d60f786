internal import CallCore
internal import Synchronization
internal import Telemetry
internal import Timeline

/// Keeps facts in a file while the store cannot, and gives them to it in their order once it can.
///
/// While it holds facts of a call, later ones of that call come here too: what is told of one call keeps its order.
final class Spool: Sendable {
    struct Options: Sendable {
        var bytes = 64 << 20
        var waiting = 8_192
        var timeout = Duration.seconds(5)
    }

    private struct State {
        var waiting: [SpoolWork] = []
        var names: [CallReference: Int] = [:]
        var replayed: Result<[SpoolRefusal], CallStoreError>?
        var isStopped = false
        var hasEnded = false
    }

    private let options: Options
    private let path: String
    private let database: Database
    private let node: @Sendable () -> NodeEpoch?
    private let refused: @Sendable (SpoolRefusal) -> Void
    private let state = Mutex(State())
    private let health = StoreHealth()
    private let wake: WakeSignal
    private let ended: WakeSignal

    /// - Parameters:
    ///   - path: Of the database that it stands beside.
    ///   - node: The epoch of this process.
    ///   - refused: Told of each entry that the store will never take. It is on its way out of the spool.
    init(
        beside path: String, _ options: Options = Options(), for database: Database,
        node: @escaping @Sendable () -> NodeEpoch? = { nil },
        refused: @escaping @Sendable (SpoolRefusal) -> Void
    ) throws(CallStoreError) {
        guard let wake = WakeSignal(), let ended = WakeSignal() else {
            throw .unavailable("the system has no descriptor left for it")
        }
        self.options = options
        self.path = path
        self.database = database
        self.node = node
        self.refused = refused
        self.wake = wake
        self.ended = ended
        // Read before anything is kept, so that what comes now is kept after it.
        let began = SystemClock.now()
        let reader = try SpoolReader(SpoolFile.beside(path, limit: options.bytes))
        state.withLock { $0.names = reader.names }
        looked(nil, depth: reader.depth, since: began)
        let handed = HandedReader(reader)
        let isStarted = SystemThread.start(name: "store-spool") { [self] in
            if let reader = handed.take() { live(reader) }
            // By now the file is closed, so that the next process may have it.
            state.withLock { $0.hasEnded = true }
            self.ended.signal()
        }
        guard isStarted else { throw .unavailable("the system has no thread left for it") }
    }

    var reading: StoreReading { health.reading }

    /// Whether something of a call that is known by one of these names waits here.
    func holds(_ names: [CallReference]) -> Bool {
        state.withLock { state in !state.names.isEmpty && names.contains { state.names[$0] != nil } }
    }

    /// Returns once the entry is on the disk.
    ///
    /// - Parameter limit: Instead of the usual one.
    func put(_ entry: SpoolEntry, within limit: Duration? = nil) async throws(CallStoreError) {
        let deadline = Deadline(limit: limit ?? options.timeout, from: SystemClock.now())
        let result = await withCheckedContinuation { (answer: SpoolWork.Answer) in
            let work = SpoolWork(entry, by: deadline, answer: answer)
            let refusal: CallStoreError? = state.withLock { state in
                guard !state.isStopped else { return .unavailable("it has been closed") }
                guard state.waiting.count < options.waiting else { return .overloaded(limit: options.waiting) }
                state.waiting.append(work)
                // From now on, so that what follows cannot overtake it.
                for name in entry.facts.names { state.names[name, default: 0] += 1 }
                return nil
            }
            if let refusal { return work.fail(refusal) }
            database.watch.add(work)
            wake.signal()
        }
        try result.get()
    }

    /// Writes what waits, and ends the thread; returns when it has ended, or at the deadline.
    func stop(by deadline: Deadline) {
        state.withLock { $0.isStopped = true }
        wake.signal()
        while !state.withLock({ $0.hasEnded }), !deadline.isReached(at: SystemClock.now()) {
            ended.wait(until: deadline)
        }
    }

    // MARK: the thread

    /// After a failure, before the store is tried again.
    private static let pause = Duration.milliseconds(250)
    /// Between two looks at what processes left that have ended since.
    private static let inheriting = Duration.seconds(30)

    private func live(_ reader: SpoolReader) {
        var isReplaying = false
        var next = SystemClock.now()
        var nextLook = next.advanced(by: Self.inheriting)
        while true {
            let (waiting, replayed, isStopped) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.replayed = nil
                }
                return (state.waiting, state.replayed, state.isStopped)
            }
            if !waiting.isEmpty { append(waiting, to: reader) }
            if let replayed {
                let settlement = settle(replayed, reader)
                isReplaying = settlement == .asked
                next = SystemClock.now().advanced(by: settlement == .failed ? Self.pause : .zero)
            }
            if isStopped, waiting.isEmpty { break }
            if nextLook <= SystemClock.now() {
                inherit(reader)
                nextLook = SystemClock.now().advanced(by: Self.inheriting)
            }
            if !isStopped, !isReplaying, reader.depth > 0, next <= SystemClock.now() {
                isReplaying = replay(reader)
                if !isReplaying { next = SystemClock.now().advanced(by: Self.pause) }
            }
            wake.wait(until: .at(isReplaying || reader.depth == 0 ? nextLook : min(next, nextLook)))
        }
    }

    /// Once its process has ended nobody else gives the store what is in a spool, until another process starts.
    private func inherit(_ reader: SpoolReader) {
        let began = SystemClock.now()
        let before = reader.depth
        do throws(CallStoreError) {
            try reader.inherit(beside: path) { entries in
                let names = entries.compactMap { try? SpoolEntry(bytes: $0) }.flatMap(\.facts.names)
                state.withLock { state in
                    for name in names { state.names[name, default: 0] += 1 }
                }
            }
            if reader.depth > before { looked(nil, depth: reader.depth, since: began) }
        } catch {
            looked(error, depth: reader.depth, since: began)
        }
    }

    private func append(_ work: [SpoolWork], to reader: SpoolReader) {
        let began = SystemClock.now()
        do throws(CallStoreError) {
            try reader.append(work.map(\.entry))
            looked(nil, depth: reader.depth, since: began)
            for one in work { one.succeed() }
        } catch {
            looked(error, depth: reader.depth, since: began)
            for one in work {
                forget(one.entry)
                one.fail(error)
            }
        }
    }

    /// False when there is nothing that could be replayed.
    private func replay(_ reader: SpoolReader) -> Bool {
        let began = SystemClock.now()
        do throws(CallStoreError) {
            give(try reader.peek())
            return true
        } catch {
            looked(error, depth: reader.depth, since: began)
            return false
        }
    }

    private func give(_ entries: [SpoolEntry], condemned: [SpoolRefusal] = []) {
        database.add(
            SpoolReplay(entries, openedBy: node(), condemned: condemned) { [self] result in
                state.withLock { $0.replayed = result }
                wake.signal()
            })
    }

    private enum Settlement {
        case taken
        case failed
        /// It is being found out what is wrong.
        case asked
    }

    private func settle(_ replayed: Result<[SpoolRefusal], CallStoreError>, _ reader: SpoolReader) -> Settlement {
        let refusals: [SpoolRefusal]
        switch replayed {
        case .success(let these): refusals = these
        case .failure(.corrupt(let words)):
            // Some row is damaged, or all of the database. One entry by itself tells which, and whether the store takes
            // anything else.
            guard let suspect = reader.single() else { return .failed }
            give([], condemned: [SpoolRefusal(bytes: suspect.bytes, error: .corrupt(words))])
            return .asked
        case .failure: return .failed
        }
        let given = reader.drop()
        for refusal in given.unreadable + refusals { refused(refusal) }
        for entry in given.entries { forget(entry) }
        let began = SystemClock.now()
        do throws(CallStoreError) {
            try reader.tidy()
            looked(nil, depth: reader.depth, since: began)
        } catch {
            looked(error, depth: reader.depth, since: began)
        }
        return .taken
    }

    private func looked(_ error: CallStoreError?, depth: Int, since began: Instant) {
        if let error { health.failed(error, since: began) } else { health.succeeded(since: began) }
        health.holds(depth)
    }

    private func forget(_ entry: SpoolEntry) {
        state.withLock { state in
            for name in entry.facts.names {
                let count = (state.names[name] ?? 1) - 1
                state.names[name] = count > 0 ? count : nil
            }
        }
    }
}

/// An entry on its way into the file.
final class SpoolWork: AwaitedWork {
    typealias Answer = CheckedContinuation<Result<Void, CallStoreError>, Never>

    let entry: SpoolEntry
    let deadline: Deadline
    private let answer: Mutex<Answer?>

    init(_ entry: SpoolEntry, by deadline: Deadline, answer: Answer) {
        self.entry = entry
        self.deadline = deadline
        self.answer = Mutex(answer)
    }

    var isAwaited: Bool { answer.withLock { $0 != nil } }

    func succeed() { resume(.success(())) }
    func fail(_ error: CallStoreError) { resume(.failure(error)) }

    private func resume(_ result: Result<Void, CallStoreError>) {
        let waiting = answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
        waiting?.resume(returning: result)
    }
}

/// What one thread leaves for another, which takes it for good.
private final class HandedReader: Sendable {
    private let reader: Mutex<SpoolReader?>

    init(_ reader: SpoolReader) { self.reader = Mutex(reader) }

    func take() -> SpoolReader? {
        reader.withLock { reader in
            defer { reader = nil }
            return reader
        }
    }
}
