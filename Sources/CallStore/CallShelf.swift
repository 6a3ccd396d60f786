internal import CallCore

/// What the store in memory holds.
///
/// - Invariant: At most `limits.calls` files; `ended` names those that are final, oldest ending first.
struct CallShelf {
    struct File {
        var record: CallRecord
        var events: [CallEvent] = []
        var turns: [TranscriptTurn] = []
    }

    private let limits: MemoryCallStore.Limits
    private var files: [CallID: File] = [:]
    private var byProviderID: [String: CallID] = [:]
    private var ended = Queue<CallID>()
    private var identities: Set<String> = []
    private var oldIdentities = Queue<String>()

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

    mutating func open(_ record: CallRecord) throws(CallStoreError) -> CallOpening {
        if let file = files[record.id] ?? record.providerCallID.flatMap({ file(of: .provider($0)) }) {
            return .exists(file.record)
        }
        if files.count >= limits.calls {
            guard let oldest = ended.popFirst() else { throw .full(limit: limits.calls) }
            forget(oldest)
        }
        files[record.id] = File(record: record)
        if let name = record.providerCallID { byProviderID[name] = record.id }
        if record.status.isFinal { ended.append(record.id) }
        return .opened
    }

    mutating func change(
        _ call: CallReference, _ change: CallChange, identity: String?, orOpen missing: CallRecord?
    ) throws(CallStoreError) -> CallChanged {
        if id(of: call) == nil, let missing { _ = try open(missing) }
        guard let id = id(of: call), var file = files[id] else { return .unknownCall }
        if let identity {
            guard !identities.contains(identity) else { return .repeated(file.record) }
            remember(identity)
        }
        let effect = file.record.apply(change)
        files[id] = file
        if let name = change.providerCallID, byProviderID[name] == nil { byProviderID[name] = id }
        if case .finished = effect { ended.append(id) }
        return .changed(file.record, effect)
    }

    mutating func append(_ events: [CallEvent]) {
        for event in events {
            guard let file = files[event.call], file.events.count < limits.eventsPerCall else { continue }
            files[event.call]?.events.append(event)
        }
    }

    mutating func append(_ turns: [TranscriptTurn], to call: CallID) {
        guard let file = files[call] else { return }
        files[call]?.turns.append(contentsOf: turns.prefix(max(0, limits.turnsPerCall - file.turns.count)))
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

    private mutating func forget(_ id: CallID) {
        guard let file = files.removeValue(forKey: id) else { return }
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
