internal import CallCore

/// What the store in memory holds.
///
/// - Invariant: At most `limits.calls` files; `ended` names those that are final, oldest ending first.
struct CallShelf {
    struct File {
        var record: CallRecord
        var events: [CallEvent] = []
        var turns: [TranscriptTurn] = []
        var isErased = false
    }

    private let limits: MemoryCallStore.Limits
    private var files: [CallID: File] = [:]
    private var byProviderID: [String: CallID] = [:]
    private var ended = Queue<CallID>()
    private var identities: Set<String> = []
    private var oldIdentities = Queue<String>()
    var nodes = NodeBook()
    var dials = DialBook()

    init(_ limits: MemoryCallStore.Limits) {
        self.limits = limits
    }

    func file(of call: CallReference) -> File? {
        id(of: call).flatMap { files[$0] }
    }

    private func id(of call: CallReference) -> CallID? {
        switch call {
        case .id(let id): files[id] == nil ? nil : id
        case .provider(let name): byProviderID[name]
        }
    }

    private mutating func open(_ record: CallRecord) throws(CallStoreError) {
        if files.count >= limits.calls {
            guard let oldest = ended.popFirst() else { throw .full(limit: limits.calls) }
            forget(oldest)
        }
        files[record.id] = File(record: record)
        if let name = record.providerCallID { byProviderID[name] = record.id }
        if record.status.isFinal { ended.append(record.id) }
    }

    mutating func keep(_ facts: CallFacts) throws(CallStoreError) -> CallKept {
        var known = facts.names.lazy.compactMap { [self] in id(of: $0) }.first
        if let call = known ?? facts.opening?.id {
            guard nodes.admits(facts, of: call, files[call]?.record) else { throw .fenced }
        }
        let isNew = known == nil
        if isNew, let opening = facts.opening {
            try open(opening)
            known = opening.id
        }
        guard let id = known, var file = files[id] else { return .unknownCall }
        if let identity = facts.identity {
            guard !identities.contains(identity) else {
                append(facts.eventsOfRepetition(in: file.record), [], to: id)
                return .repeated(file.record)
            }
            remember(identity)
        }
        let wasFinal = file.record.status.isFinal
        let outcome = facts.apply(to: &file.record, isNew: isNew)
        if file.isErased { file.record.erase() }
        files[id] = file
        if let name = file.record.providerCallID, byProviderID[name] == nil { byProviderID[name] = id }
        if !wasFinal, file.record.status.isFinal { ended.append(id) }
        append(outcome.events, outcome.turns, to: id)
        return .kept(file.record, opened: isNew, outcome)
    }

    private mutating func append(_ events: [CallEvent], _ turns: [TranscriptTurn], to id: CallID) {
        guard let file = files[id] else { return }
        let events = file.isErased ? events.map(\.erased) : events
        files[id]?.events += events.prefix(max(0, limits.eventsPerCall - file.events.count))
        guard !file.isErased else { return }
        files[id]?.turns += turns.prefix(max(0, limits.turnsPerCall - file.turns.count))
    }

    mutating func erase(_ call: CallReference) -> CallErasure {
        guard let id = id(of: call), var file = files[id] else { return .unknownCall }
        guard file.record.status.isFinal else { return .live(file.record) }
        file.record.erase()
        file.events = file.events.map(\.erased)
        file.turns = []
        file.isErased = true
        files[id] = file
        return .erased(file.record)
    }

    func page(_ request: CallPage.Request, matching filter: CallFilter) -> CallPage {
        let limit = max(1, request.limit)
        let older = files.values.lazy.map(\.record).filter { record in
            (request.after.map { record.id < $0 } ?? true) && filter.takes(record)
        }
        let page = older.sorted { $1.id < $0.id }.prefix(limit + 1)
        let records = Array(page.prefix(limit))
        return CallPage(records: records, next: page.count > limit ? records.last?.id : nil)
    }

    var records: [CallRecord] { files.values.map(\.record) }

    /// The oldest first.
    var open: [CallRecord] {
        records.filter { !$0.status.isFinal }.sorted { $0.id < $1.id }
    }

    private mutating func forget(_ id: CallID) {
        guard let file = files.removeValue(forKey: id) else { return }
        nodes.forget(id)
        if let name = file.record.providerCallID, byProviderID[name] == id { byProviderID[name] = nil }
    }

    private mutating func remember(_ identity: String) {
        if identities.count >= limits.identities, let oldest = oldIdentities.popFirst() { identities.remove(oldest) }
        identities.insert(identity)
        oldIdentities.append(identity)
    }
}

/// First in, first out, at constant cost.
private struct Queue<Element> {
    private var elements: [Element] = []
    private var head = 0

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        head += 1
        // The front goes once it is the larger half.
        if head > elements.count / 2 {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
