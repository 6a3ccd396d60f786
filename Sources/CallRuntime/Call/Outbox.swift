internal import CallCore

/// What of a call is to be kept and is not yet. The store may be slow or away; the call goes on.
struct Outbox {
    /// Past it events and turns are dropped and counted; changes of the record never are.
    static let capacity = 512

    private(set) var steps: [CallFacts.Step] = []
    private(set) var dropped = 0

    var isEmpty: Bool { steps.isEmpty }
    var count: Int { steps.count }

    mutating func add(_ step: CallFacts.Step) {
        switch step {
        case .change: break
        case .event, .turn:
            guard steps.count < Self.capacity else {
                dropped += 1
                return
            }
        }
        steps.append(step)
    }

    /// The first steps have been kept. Mostly they were all, and then their memory goes, too: a step is 450 bytes, and a
    /// call has little to tell once it talks.
    mutating func removeFirst(_ count: Int) {
        if count == steps.count { steps = [] } else { steps.removeFirst(count) }
    }

    var holdsEnding: Bool {
        steps.contains { step in
            guard case .change(let change, _) = step, case .finish = change.status else { return false }
            return true
        }
    }
}
