internal import CallCore
internal import Telemetry
internal import Timeline

// What is kept of a call. Nothing here is waited for by the call itself.
extension Call {
    /// A final status that could not be written is tried again so often, with so much time in between.
    private static let keepingPauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5), .seconds(30)]

    func note(_ happening: CallHappening, by component: String = "call") {
        keep(.happening(services.utc(), component: component, happening))
    }

    func change(_ status: CallChange.Status? = nil, _ fill: (inout CallChange) -> Void = { _ in }) {
        var change = CallChange(at: services.utc(), status)
        fill(&change)
        keep(.change(change))
    }

    func keep(_ entry: Outbox.Entry) {
        guard record != nil else { return }  // A socket that never said which call it is leaves no record.
        outbox.add(entry)
        guard keeping == nil else { return }
        keeping = task { [self] in await keepAll() }
    }

    /// Writes until nothing is left. One at a time for a call, so that everything keeps its order.
    private func keepAll() async {
        while !outbox.isEmpty {
            var events: [CallEvent] = []
            var turns: [TranscriptTurn] = []
            for entry in outbox.takeAll() {
                switch entry {
                case .happening(let time, let component, let happening):
                    guard let id = record?.id else { continue }
                    events.append(CallEvent(at: time, call: id, component: component, happening))
                case .turn(let turn):
                    turns.append(turn)
                case .open(let record):
                    if await open(record) {
                        events.append(
                            CallEvent(
                                at: record.createdAt, call: record.id, component: "call",
                                .callCreated(direction: record.direction)))
                    }
                case .change(let change):
                    await write(&events, &turns)
                    await write(change)
                }
            }
            await write(&events, &turns)
        }
        keeping = nil
    }

    /// Whether there was none before.
    private func open(_ new: CallRecord) async -> Bool {
        do throws(CallStoreError) {
            guard case .exists(let known) = try await services.store.open(new) else { return true }
            record = known
            logger = logger.with(["call": .string(known.id.description)])
        } catch {
            storeFailed("open the record", error)
        }
        return false
    }

    private func write(_ events: inout [CallEvent], _ turns: inout [TranscriptTurn]) async {
        do throws(CallStoreError) {
            if !events.isEmpty { try await services.store.append(events) }
            if let id = record?.id, !turns.isEmpty { try await services.store.append(turns, to: id) }
        } catch {
            storeFailed("write events", error)
        }
        events = []
        turns = []
    }

    private func write(_ change: CallChange) async {
        guard let id = record?.id else { return }
        var pauses = change.isFinish ? Self.keepingPauses[...] : []
        while true {
            do throws(CallStoreError) {
                switch try await services.store.change(id, change) {
                case .changed(let record, _), .repeated(let record): self.record = record
                case .unknownCall: storeFailed("find the record", .unavailable("it is gone"))
                }
                return
            } catch {
                storeFailed("write the record", error)
            }
            guard let pause = pauses.popFirst() else { return }
            // Waits for the store, not for the call: nobody else waits for this.
            await wait(pause)
        }
    }

    /// By the clock of the loop, like every other wait of a call.
    private func wait(_ pause: Duration) async {
        await withCheckedContinuation { continuation in
            line.loop.timer { _ in continuation.resume() }
                .set(.at(line.loop.now.advanced(by: pause)))
        }
    }

    private func storeFailed(_ what: String, _ error: CallStoreError) {
        report(error.code, "The store could not \(what). \(error.message)", component: "store")
    }

    func report(_ code: String, _ message: String, component: String, severity: ErrorSeverity = .error) {
        services.errors.report(
            ErrorReport(
                code: code, component: component, severity: severity, message: message,
                context: ErrorContext(call: record?.id.description, agent: agent?.id, number: record?.from)))
    }
}

extension CallChange {
    fileprivate var isFinish: Bool {
        if case .finish = status { true } else { false }
    }
}
