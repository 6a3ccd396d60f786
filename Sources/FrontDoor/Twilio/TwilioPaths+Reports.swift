internal import Addresses
internal import CallCore
internal import CarrierWire
internal import HTTPLoop
internal import HTTPWire
internal import Telemetry
internal import Timeline
internal import Wording

// What the carrier tells of calls and streams: late, twice, in any order.
extension TwilioPaths {
    private static let noted = HTTPResponse(status: 204)
    /// For the store, and as much again for its spool: then the carrier is told to come again.
    private static let statusPatience = Duration.milliseconds(80)

    /// Answered only once it is kept: the carrier tries again after a 503.
    func status(_ webhook: Webhook) async throws -> (HTTPResponse, Outcome) {
        // The result of machine detection comes by itself, and says nothing of the call's status.
        if webhook.form["CallStatus"] == nil, webhook.form["AnsweredBy"] != nil { return try await detection(webhook) }
        let report = try Self.read { () throws(CarrierError) in try TwilioStatusCallback(webhook.form) }
        // Legs of a transfer are no calls of ours.
        guard report.call.parentCall == nil else { return (Self.noted, .taken) }
        var change = CallChange(at: min(report.time ?? webhook.now, webhook.now))
        change.status = report.call.status.map { .carrier($0) }
        change.carrier = CallRecord.Carrier(
            status: report.form["CallStatus"], duration: report.duration, answeredBy: report.answeredBy,
            sipCode: report.sipCode.flatMap { Int(exactly: $0) })
        change.providerCallID = webhook.ordered.map { _ in report.call.call }
        var facts = CallFacts(
            of: webhook.ordered.map { .id($0) } ?? .provider(report.call.call), by: Self.component,
            identity: "twilio/status/\(report.identity)",
            orOpen: record(of: report.call, ordered: webhook.ordered, status: .queued, at: change.at),
            [
                .change(
                    change,
                    .webhook(
                        path: "/twilio/status", status: PeerText(report.form["CallStatus"] ?? "").description,
                        at: webhook.now))
            ])
        facts.patience = Self.statusPatience
        do throws(CallStoreError) {
            return (Self.noted, tell(try await house.store.keep(facts), report))
        } catch {
            throw Problem(503, code: error.code, error.message, headers: ["Retry-After": "1"])
        }
    }

    private func detection(_ webhook: Webhook) async throws -> (HTTPResponse, Outcome) {
        let found = try Self.read { () throws(CarrierError) in try TwilioMachineDetection(webhook.form) }
        var change = CallChange(at: webhook.now)
        change.carrier = CallRecord.Carrier(answeredBy: found.answeredBy)
        var facts = CallFacts(
            of: webhook.ordered.map { .id($0) } ?? .provider(found.call), by: Self.component, [.change(change)])
        facts.providerCallID = found.call
        facts.patience = Self.statusPatience
        do throws(CallStoreError) {
            _ = try await house.store.keep(facts)
            return (Self.noted, .taken)
        } catch {
            throw Problem(503, code: error.code, error.message, headers: ["Retry-After": "1"])
        }
    }

    private func tell(_ kept: CallKept, _ report: TwilioStatusCallback) -> Outcome {
        switch kept {
        case .repeated: return .duplicate
        case .kept(_, _, let outcome) where outcome.effects == [.duplicate]: return .duplicate
        case .kept(_, _, let outcome) where outcome.effects == [.outOfOrder]: return .outOfOrder
        case .kept, .later, .unknownCall:
            if case .kept(let record, opened: true, _) = kept, !record.status.isFinal {
                house.host.carrierOpened(record)
            }
            if let status = report.call.status { house.host.carrierReported(status, of: report.call.call) }
            return .taken
        }
    }

    /// Says nothing of the call's status, so only failures are kept.
    func streamStatus(_ webhook: Webhook) throws -> (HTTPResponse, Outcome) {
        let report = try Self.read { () throws(CarrierError) in try TwilioStreamCallback(webhook.form) }
        switch report.event {
        case .started, .stopped, .unknown: break
        case .failed:
            self.report(
                "carrier.stream_failed",
                "The carrier could not use our media socket: \(report.error?.description ?? "no reason was given"). "
                    + "Check public_url and stream_url, and what stands between the carrier and this bridge.",
                call: report.call)
        }
        return (Self.noted, .taken)
    }

    /// The bridge is over for the carrier, or a transfer is: those who ran the call know what the caller gets now.
    func connectEnded(_ webhook: Webhook) async throws -> (HTTPResponse, Outcome) {
        let ended = try Self.read { () throws(CarrierError) in try TwilioConnectEnded(webhook.form) }
        let end = BridgeEnd(
            providerCallID: ended.call.call, transfer: ended.dial.map(Self.transfer),
            isOver: ended.call.status?.isFinal ?? false)
        let sequel = await Hurry.answer(by: webhook.answerBy, in: house) { [house] in
            await house.host.afterBridge(end)
        }
        switch sequel {
        case .steps(let steps):
            let callback = callback("/twilio/connect-ended", webhook.visitor)
            return heard(TwiML(steps, afterDial: callback), .taken, call: ended.call.call)
        case .resume(let record, let agent):
            return bridge(webhook, record, agent, isResumed: true)
        case .elsewhere:
            throw Problem(
                503, code: "node.draining", "This node is about to end; another one goes on with the call.",
                headers: ["Retry-After": "1"])
        case nil:
            // Whoever planned the end hears this at worst; for everybody else it is better than silence.
            return heard(TwiML([.say(Self.apology), .hangup]), .failed, call: ended.call.call)
        }
    }

    private static func transfer(_ dial: TwilioConnectEnded.Dial) -> BridgeEnd.Transfer {
        switch dial.outcome {
        case .completed, .answered: .reached
        case .busy, .noAnswer, .failed, .canceled, nil: .notReached
        }
    }
}
