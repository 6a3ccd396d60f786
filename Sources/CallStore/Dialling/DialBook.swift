internal import CallCore
internal import Timeline

/// The calls that wait to be dialled in a store in memory.
struct DialBook {
    private struct Entry {
        let order: DialOrder
        var owner: NodeEpoch?
        var claimedAt: UTCTime?
    }

    private var entries: [CallID: Entry] = [:]
    private var keys: [String: KeptKey] = [:]
    private var freeAt: UTCTime?

    func known(_ key: IdempotencyKey?, at now: UTCTime) -> KeptKey? {
        key.flatMap { keys[$0.text] }.flatMap { IdempotencyRules.isExpired($0.at, at: now) ? nil : $0 }
    }

    mutating func add(_ order: DialOrder, under key: IdempotencyKey?, at now: UTCTime) {
        entries[order.call] = Entry(order: order)
        keys = keys.filter { !IdempotencyRules.isExpired($0.value.at, at: now) }
        if let key { keys[key.text] = KeptKey(digest: key.digest, call: order.call, answer: nil, at: now) }
    }

    mutating func keep(_ answer: String, under key: IdempotencyKey) {
        guard let kept = keys[key.text], kept.digest == key.digest, kept.answer == nil else { return }
        keys[key.text] = KeptKey(digest: kept.digest, call: kept.call, answer: answer, at: kept.at)
    }

    /// The answer to its order named the parties.
    mutating func forgetAnswer(of call: CallID) {
        for (name, kept) in keys where kept.call == call {
            keys[name] = KeptKey(digest: kept.digest, call: call, answer: nil, at: kept.at)
        }
    }

    var waiting: Int { entries.values.count { $0.owner == nil } }

    var queue: DialQueue {
        var queue = DialQueue()
        queue.waiting = waiting
        queue.dialling = entries.count - waiting
        queue.first = next.map { DialQueue.First(call: $0.call, due: $0.due) }
        return queue
    }

    private var next: DialOrder? {
        entries.values.filter { $0.owner == nil }.map(\.order).min { ($0.due, $0.call) < ($1.due, $1.call) }
    }

    mutating func claim(
        for epoch: NodeEpoch?, within rules: DialRules, isOver: (CallID) -> Bool, isAlive: (NodeEpoch) -> Bool,
        isSpent: Bool, at now: UTCTime
    ) -> DialClaim {
        entries = entries.filter { $0.value.owner != nil || !isOver($0.key) }
        let owner = epoch ?? NodeEpoch(0)
        if let lost = entries.values.first(where: { $0.owner.map { !isAlive($0) } ?? false }) {
            entries[lost.order.call]?.owner = owner
            return .dial(lost.order, triedAt: lost.claimedAt)
        }
        guard let next else { return .nothing }
        if now < next.due { return .wait(until: next.due) }
        if !next.isExpired(at: now) {
            if isSpent { return .wait(until: next.wake(now.startOfNextDay)) }
            switch DialPace(rules, freeAt: freeAt).take(at: now) {
            case .wait(let until): return .wait(until: next.wake(until))
            case .taken(let next): freeAt = next
            }
        }
        entries[next.call]?.owner = owner
        entries[next.call]?.claimedAt = now
        return .dial(next, triedAt: nil)
    }

    mutating func settle(_ call: CallID) { entries[call] = nil }

    /// Whether it waits, or is being dialled; nil: neither.
    func isWaiting(_ call: CallID) -> Bool? { entries[call].map { $0.owner == nil } }
}
