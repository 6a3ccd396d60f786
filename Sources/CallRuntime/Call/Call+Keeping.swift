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
                    unopened = record
                    await write(&events, &turns)
                case .change(let change):
                    await write(&events, &turns)
                    unwritten.append(change)
                    await writeChanges(&events)
                }
            }
            await write(&events, &turns)
        }
        keeping = nil
    }

    /// The store has to know the call before anything of it can be kept.
    private func open(_ events: inout [CallEvent]) async throws(CallStoreError) {
        guard let new = unopened else { return }
        let opening = try await services.store.open(new)
        unopened = nil
        switch opening {
        case .opened:
            events.insert(
                CallEvent(
                    at: new.createdAt, call: new.id, component: "call", .callCreated(direction: new.direction)), at: 0)
        case .exists(let known):
            record = known
            logger = logger.with(["call": .string(known.id.description)])
        }
    }

    private func write(_ events: inout [CallEvent], _ turns: inout [TranscriptTurn]) async {
        do throws(CallStoreError) {
            try await open(&events)
            if !events.isEmpty { try await services.store.append(events) }
            if let id = record?.id, !turns.isEmpty { try await services.store.append(turns, to: id) }
        } catch {
            storeFailed("write events", error)
        }
        events = []
        turns = []
    }

    /// In their order; what cannot be written waits for the next change, and with the last one for the store.
    private func writeChanges(_ events: inout [CallEvent]) async {
        var pauses = unwritten.contains(where: \.isFinish) ? Self.keepingPauses[...] : []
        while let change = unwritten.first {
            do throws(CallStoreError) {
                try await open(&events)
                try await write(change, &events)
                unwritten.removeFirst()
            } catch {
                storeFailed("write the record", error)
                guard let pause = pauses.popFirst() else { return }
                // Waits for the store, not for the call: nobody else waits for this.
                await wait(pause)
            }
        }
    }

    private func write(_ change: CallChange, _ events: inout [CallEvent]) async throws(CallStoreError) {
        guard let id = record?.id else { return }
        switch try await services.store.change(id, change) {
        case .changed(let record, let effect):
            self.record = record
            // Told by whoever ended it: the carrier's report may have come first.
            guard case .finished(let reason) = effect else { return }
            events.append(CallEvent(at: change.at, call: id, component: "call", .callFinal(reason)))
        case .repeated(let record): self.record = record
        case .unknownCall: storeFailed("find the record", .unavailable("it is gone"))
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
