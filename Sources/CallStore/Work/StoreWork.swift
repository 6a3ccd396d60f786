internal import CallCore
internal import Synchronization
internal import Timeline

/// Something that is answered exactly once: by what came of it, or by its deadline, whichever is first.
protocol AwaitedWork: AnyObject, Sendable {
    var deadline: Deadline { get }
    /// Whether somebody still waits for the answer.
    var isAwaited: Bool { get }
    func fail(_ error: CallStoreError)
}

/// An operation on its way to the store's thread and back.
protocol StoreWork: AwaitedWork {
    /// Whether it can be done elsewhere, so that it does not wait for another program's lock.
    var hasElsewhere: Bool { get }
    /// From the store's thread. False when nobody waits any more: then it is not run. Comes again when a transaction was
    /// lost.
    func begin() -> Bool
    /// From the store's thread, after `begin`. What it gives is not told before `commit`.
    func run(on connection: SQLiteConnection) throws(CallStoreError)
    /// What it did is on the disk.
    func commit()
}

extension StoreWork {
    var hasElsewhere: Bool { false }
}

final class StoreJob<Value: Sendable>: StoreWork {
    typealias Body = @Sendable (SQLiteConnection) throws(CallStoreError) -> Value
    typealias Answer = CheckedContinuation<Result<Value, CallStoreError>, Never>

    private enum Stage: Sendable {
        case waiting(Answer)
        case running(Answer)
        case done(Answer, Value)
        case answered
    }

    let deadline: Deadline
    let hasElsewhere: Bool
    private let body: Body
    private let stage: Mutex<Stage>

    init(by deadline: Deadline, hasElsewhere: Bool, answer: Answer, _ body: @escaping Body) {
        self.deadline = deadline
        self.hasElsewhere = hasElsewhere
        self.body = body
        stage = Mutex(.waiting(answer))
    }

    var isAwaited: Bool {
        stage.withLock { stage in
            if case .answered = stage { false } else { true }
        }
    }

    func begin() -> Bool {
        stage.withLock { stage in
            switch stage {
            case .waiting(let answer), .running(let answer), .done(let answer, _): stage = .running(answer)
            case .answered: return false
            }
            return true
        }
    }

    func run(on connection: SQLiteConnection) throws(CallStoreError) {
        let value = try body(connection)
        stage.withLock { stage in
            guard case .running(let answer) = stage else { return }
            stage = .done(answer, value)
        }
    }

    func commit() {
        answer { stage in
            guard case .done(let answer, let value) = stage else { return nil }
            return (answer, .success(value))
        }
    }

    func fail(_ error: CallStoreError) {
        answer { stage in
            switch stage {
            case .waiting(let answer), .running(let answer), .done(let answer, _): (answer, .failure(error))
            case .answered: nil
            }
        }
    }

    private func answer(_ take: (Stage) -> (Answer, Result<Value, CallStoreError>)?) {
        let taken = stage.withLock { stage in
            let taken = take(stage)
            if taken != nil { stage = .answered }
            return taken
        }
        taken.map { answer, result in answer.resume(returning: result) }
    }
}
