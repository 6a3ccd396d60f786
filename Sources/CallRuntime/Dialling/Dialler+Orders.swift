internal import CallCore
internal import Telemetry
internal import Timeline

// One order, until the carrier has it or never will.
extension Dialler {
    /// Clocks of the carrier and ours differ by so much at most.
    private static let clockSlack: Int64 = 30_000

    func carryOut(_ order: DialOrder, triedAt: UTCTime?) async {
        var machine = DialMachine(services.rules, wasTried: triedAt != nil, at: services.now())
        var began = triedAt ?? services.utc()
        var action = machine.timeCame(at: services.now())
        while !Task.isCancelled {
            switch action {
            case .wait(let until):
                let left = services.now().duration(to: until)
                if left > .zero { guard (try? await services.wait(left)) != nil else { return } }
                if let record = await record(order), record.isWithCarrierOrOver { return await leave(order, record) }
                action = machine.timeCame(at: services.now())
            case .dial:
                let record = await record(order)
                if let record, record.isWithCarrierOrOver { return await leave(order, record) }
                guard !order.isExpired(at: services.utc()), record?.decidedEnd == nil else {
                    return await end(order, .canceled)
                }
                began = min(began, services.utc())
                action = machine.dialled(await dial(order), at: services.now())
            case .look:
                action = machine.looked(await look(for: order, since: began), at: services.now())
            case .attach(let name): return await attach(name, order)
            case .giveUp(let failure): return await end(order, .carrierFailed, failure)
            }
        }
    }

    private func dial(_ order: DialOrder) async -> Result<String, DialFailure> {
        do throws(DialFailure) {
            return .success(try await services.carrier.dial(order))
        } catch {
            services.logger.warning(
                "dialling.refused", "The carrier did not take a call. \(error.message)",
                ["call": .string(order.call.description), "code": .string(error.code)])
            return .failure(error)
        }
    }

    /// What became of the call by now: a webhook may have brought the carrier's name, somebody may have ended it. Nil: the
    /// store cannot say.
    private func record(_ order: DialOrder) async -> CallRecord? {
        do throws(CallStoreError) {
            return try await services.store.record(of: .id(order.call))
        } catch {
            report(error.code, "A call's record could not be read. \(error.message)", call: order.call)
            return nil
        }
    }

    /// The call among those that the carrier made lately and that are none of ours by another order. Nil: it did not say.
    private func look(for order: DialOrder, since began: UTCTime) async -> DialMachine.Found? {
        let earliest = began.millisecondsSince1970 - Self.clockSlack
        do throws(CarrierControlError) {
            // The oldest first: whoever lost an answer first has it.
            for call in try await services.carrier.recentCalls(of: order).reversed() {
                guard let created = call.createdAt?.millisecondsSince1970, earliest <= created else { continue }
                do throws(CallStoreError) {
                    guard try await services.store.record(of: .provider(call.name)) == nil else { continue }
                } catch {
                    return nil
                }
                return .call(call.name)
            }
            return .nothing
        } catch {
            return nil
        }
    }

    // MARK: ends

    /// Somebody else has brought the carrier's name of it, or its end.
    private func leave(_ order: DialOrder, _ record: CallRecord) async {
        if let name = record.providerCallID {
            services.expect(order.call)
            if !record.status.isFinal, record.decidedEnd != nil { await hangUp(name, record) }
        }
        await settle(order)
    }

    /// The carrier has it. One that was ended in the meantime is ended there, too.
    private func attach(_ name: String, _ order: DialOrder) async {
        var change = CallChange(at: services.utc())
        change.providerCallID = name
        guard let kept = await keep(change, of: order, "The carrier's name of a call could not be kept.") else {
            return
        }
        var record: CallRecord?
        if case .kept(let known, _, _) = kept { record = known }
        services.expect(order.call)
        services.logger.info(
            "dialling.dialled", "The carrier calls.",
            ["call": .string(order.call.description), "provider_call_id": .string(name)])
        if let record, record.status.isFinal || record.decidedEnd != nil { await hangUp(name, record) }
        await settle(order)
    }

    private func hangUp(_ name: String, _ record: CallRecord) async {
        do throws(CarrierControlError) {
            try await services.carrier.hangUp(name)
        } catch {
            report(
                error.code, "A call that was canceled could not be ended at the carrier. \(error.message)", .error,
                call: record.id)
        }
    }

    private func end(_ order: DialOrder, _ reason: EndReason, _ failure: DialFailure? = nil) async {
        var change = CallChange(at: services.utc(), .finish(reason))
        change.failure = failure.map { CallRecord.Failure(code: $0.code, message: $0.message) }
        guard let kept = await keep(change, of: order, "The end of a call could not be kept.") else { return }
        if case .kept(let record, _, let outcome) = kept {
            for case .finished(let reason) in outcome.effects { count(record, reason) }
        }
        await settle(order)
    }

    /// Until it is kept. Nil: the node ends before that, and whoever finds the order then finds out about the call.
    private func keep(_ change: CallChange, of order: DialOrder, _ trouble: String) async -> CallKept? {
        var pause = services.rules.firstPause
        while true {
            do throws(CallStoreError) {
                return try await services.store.keep(CallFacts(of: .id(order.call), by: "dialling", [.change(change)]))
            } catch {
                report(error.code, "\(trouble) \(error.message)", .error, call: order.call)
                guard (try? await services.wait(pause)) != nil else { return nil }
                pause = min(pause * 2, services.rules.longestPause)
            }
        }
    }

    private func count(_ record: CallRecord, _ reason: EndReason) {
        services.registry.counter(
            .calls, record.direction.rawValue, record.upstream?.rawValue ?? "none", reason.status.rawValue,
            reason.rawValue
        ).increment()
        services.logger.info(
            "dialling.given_up", "A call was not dialled.",
            ["call": .string(record.id.description), "end_reason": .string(reason.rawValue)])
    }

    private func settle(_ order: DialOrder) async {
        do throws(CallStoreError) {
            try await services.store.settleDial(of: order.call)
        } catch {
            // It is found again, and then it has a name, or an end.
            report(error.code, "An order could not be taken off the list. \(error.message)", call: order.call)
        }
    }
}

extension CallRecord {
    fileprivate var isWithCarrierOrOver: Bool { providerCallID != nil || status.isFinal }
}
