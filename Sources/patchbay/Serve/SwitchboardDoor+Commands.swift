internal import CallCore
internal import CallRuntime
internal import FrontDoor
internal import Telemetry
internal import Timeline
internal import Wording

// What the API wants of calls, wherever they are.
extension SwitchboardDoor: CallCommanding {
    /// For a stream that is being set up: a carrier takes that long at most.
    private static let setUp = Duration.seconds(10)
    private static let look = Duration.milliseconds(50)
    private static let component = "api"

    func hangUp(_ call: CallRecord) async throws(CallCommandError) {
        var call = call
        if call.providerCallID == nil {
            if try await stored({ () throws(CallStoreError) in
                try await store.cancelDial(of: call.id, at: SystemClock.utc())
            }) != nil {
                return
            }
            // It got its name in between.
            call = try await fresh(call)
        }
        guard let name = call.providerCallID else { throw .notLive }
        if switchboard.hasCall(name) {
            await decide(.apiHangup, call)
            if switchboard.hangUp(name, .apiHangup) { return }
        }
        guard let carrier else { throw .carrier(.notConfigured) }
        // What the carrier reports of the end must not be taken for the caller's wish.
        let reason: EndReason = call.status == .inProgress ? .apiHangup : .canceled
        try await keep(.change(CallChange(at: SystemClock.utc(), .decide(reason))), of: call)
        try await ordered { () throws(CarrierControlError) in try await carrier.hangUp(name) }
    }

    func transfer(_ call: CallRecord, to number: PhoneNumber) async throws(CallCommandError) {
        let callerID = call.direction == .inbound ? call.to : call.from
        // The stream is not to be torn down while the carrier sets it up: it would take that for a failure.
        let limit = Deadline(limit: Self.setUp, from: SystemClock.now())
        var call = call
        while true {
            if let name = call.providerCallID, await switchboard.isTalking(name) {
                await decide(.transferred, call)
                if await switchboard.transfer(name, to: number, callerID: callerID) { return }
                throw .over
            }
            if call.streamID != nil, call.node != node { break }
            guard !limit.isReached(at: SystemClock.now()), (try? await Task.sleep(for: Self.look)) != nil else {
                throw .notLive
            }
            call = try await fresh(call)
        }
        guard let name = call.providerCallID, let carrier else { throw .elsewhere(node: call.node) }
        let now = SystemClock.utc()
        let started = CallEvent(at: now, call: call.id, component: Self.component, .transferStarted)
        try await keep(.event(started), of: call)
        try await keep(.change(CallChange(at: now, .decide(.transferred))), of: call)
        do throws(CallCommandError) {
            try await ordered { () throws(CarrierControlError) in
                try await carrier.redirect(name, to: [.transfer(to: number, callerID: callerID)])
            }
        } catch {
            let failed = CallEvent(
                at: SystemClock.utc(), call: call.id, component: Self.component, .transferFailed(message: error.message)
            )
            try await keep(.event(failed), of: call)
            throw error
        }
    }

    func say(_ text: String, to call: CallRecord) async throws(CallCommandError) {
        guard let name = call.providerCallID else { throw .notLive }
        guard await !switchboard.say(text, to: name) else { return }
        guard switchboard.hasCall(name) || call.streamID == nil || call.node == node else {
            throw .elsewhere(node: call.node)
        }
        throw .notLive
    }

    // MARK: what they have in common

    /// - Throws: When it is over.
    private func fresh(_ call: CallRecord) async throws(CallCommandError) -> CallRecord {
        let record = try await stored { () throws(CallStoreError) in try await store.record(of: .id(call.id)) }
        guard let record, !record.status.isFinal, record.decidedEnd == nil else { throw .over }
        return record
    }

    /// Of a call that is on the line here, which keeps it as well, in its own time: but the carrier may report the end
    /// before that, and would be believed.
    private func decide(_ reason: EndReason, _ call: CallRecord) async {
        do throws(CallCommandError) {
            try await keep(.change(CallChange(at: SystemClock.utc(), .decide(reason))), of: call)
        } catch {
            errors.report(
                ErrorReport(
                    code: error.code, component: Self.component, severity: .warning,
                    message: "What a call was told could not be kept ahead. \(error.message)",
                    context: ErrorContext(call: call.id.description)))
        }
    }

    private func keep(_ step: CallFacts.Step, of call: CallRecord) async throws(CallCommandError) {
        let facts = CallFacts(of: .id(call.id), by: Self.component, [step])
        _ = try await stored { () throws(CallStoreError) in try await store.keep(facts) }
    }

    private func stored<Value>(
        _ body: () async throws(CallStoreError) -> Value
    ) async throws(CallCommandError) -> Value {
        do throws(CallStoreError) {
            return try await body()
        } catch {
            throw .store(error)
        }
    }

    private func ordered(_ body: () async throws(CarrierControlError) -> Void) async throws(CallCommandError) {
        do throws(CarrierControlError) {
            try await body()
        } catch {
            throw error == .gone ? .over : .carrier(error)
        }
    }
}

/// The dialler as the front door knows it.
struct DiallerDoor: CallDialling {
    let dialler: Dialler

    var takesOrders: Bool { dialler.takesOrders }

    func wake() async { dialler.wake() }

    func settled(_ call: CallID, within limit: Duration) async { await dialler.settled(call, within: limit) }
}
