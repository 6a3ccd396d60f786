internal import CallCore
internal import CarrierWire
internal import JSONWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

// What the machine wants done.
extension Call {
    func carryOut(_ actions: [CallAction]) {
        for action in actions { carryOut(action) }
    }

    private func carryOut(_ action: CallAction) {
        switch action {
        case .dialUpstream(let attempt): dialFirst(attempt: attempt)
        case .dropUpstream: dropUpstream(.first)
        case .dialStandIn(let attempt): dialUpstream(.standIn, attempt: attempt)
        case .dropStandIn: dropUpstream(.standIn)
        case .switchToStandIn: switchToStandIn()
        case .openUpstream: line.openUpstream()
        case .greet:
            isGreeting = true
            take(line.perform(.greet))
            tellKeptDigits()
        case .startTone: line.startTone()
        case .stopTone: line.stopTone()
        case .stopPlayout: stopPlayout()
        case .watchPlayout: line.watchPlayout()
        case .order(let steps): order(steps)
        case .prepare(let steps): prepare(steps)
        case .closeCarrier(let code, let reason): line.carrier?.close(code: code, reason: reason)
        case .killCarrier: line.carrier?.kill()
        case .askCarrier: askCarrier()
        case .decide(let reason): change(.decide(reason))
        case .note(let note): tell(note)
        case .finish(let reason): finish(reason)
        }
    }

    /// The carrier is not told: it loses the stream anyway, or has to play what it has.
    private func stopPlayout() {
        let now = line.loop.now
        let turns = book?.close(at: now) ?? []
        keep(turns)
        line.stopPlayout()
    }

    private func tell(_ note: CallNote) {
        switch note {
        case .upstreamRetry(let attempt, let after):
            logger.info(
                "call.upstream_retry", "The upstream is tried again.",
                ["attempt": .integer(attempt), "after": .duration(after)])
        case .upstreamGivenUp(let why):
            logger.warning(
                "call.upstream_given_up", "The upstream is given up for this call.", ["why": .string("\(why)")])
        case .upstreamSilent: upstreamWasSilent(.first)
        case .standInRetry(let attempt, let after):
            logger.info(
                "call.stand_in_retry", "The agent that stands in is tried again.",
                ["attempt": .integer(attempt), "after": .duration(after)])
        case .standInGivenUp(let why):
            logger.warning(
                "call.stand_in_given_up", "The agent that stands in is given up for this call.",
                ["why": .string("\(why)")])
        case .standInSilent: upstreamWasSilent(.standIn)
        case .upstreamLost:
            logger.warning("call.upstream_lost", "The upstream was lost in the middle of the call.")
        case .farewellBegan: logger.debug("call.farewell", "The agent takes its leave.")
        case .farewellCancelled: logger.debug("call.farewell_cancelled", "The caller spoke, so the call goes on.")
        case .farewellOverdue:
            self.note(.markAnomaly(name: "farewell", message: "the last word's mark did not come back in time"))
            logger.warning(
                "call.farewell_overdue", "The carrier did not confirm the last words in time; the call is ended.")
        case .carrierLingers:
            report(
                "carrier.lingers", "The carrier did not close its socket in time, so it was cut off.",
                component: "carrier", severity: .warning)
        case .carrierUnheard:
            report(
                "carrier.unheard",
                "The carrier's socket ended and its word on the call did not come in time; what was seen decides.",
                component: "carrier", severity: .warning)
        }
    }

    private func prepare(_ steps: [CallerStep]) {
        guard let name = record?.providerCallID, !desk.prepare(name, steps, at: line.loop.now) else { return }
        report(
            "call.desk_full",
            "Too many calls ended in the last minutes to keep what this caller is to hear; the carrier just hangs up.",
            component: "call")
    }

    // MARK: the carrier's REST

    /// Orders go to Twilio alone: of what it does not know, it is not asked either.
    var control: (any CarrierControl)? { line.dialect == .twilio ? services.carrier : nil }

    private func order(_ steps: [CallerStep]) {
        guard let control, let name = record?.providerCallID else { return obeyed(false) }
        begin { [self] in
            // After a sleep the caller may be on the line with another node.
            guard await services.answersForCalls() else { return await obeyed(false) }
            do throws(CarrierControlError) {
                if steps.isEmpty || steps == [.hangUp] {
                    try await control.hangUp(name)
                } else {
                    try await control.redirect(name, to: steps)
                }
                await obeyed(true)
            } catch {
                await disobeyed(error, steps)
            }
        }
    }

    private func disobeyed(_ error: CarrierControlError, _ steps: [CallerStep]) {
        if steps.contains(where: \.isTransfer) { note(.transferFailed(message: error.message), by: "carrier") }
        // A call that is over already needs no order.
        guard error != .gone else { return obeyed(true) }
        report(error.code, "The call could not be ended at the carrier. \(error.message)", component: "carrier")
        obeyed(false)
    }

    private func obeyed(_ obeyed: Bool) {
        carryOut(machine.carrierObeyed(obeyed, at: line.loop.now))
        rearm()
    }

    private func askCarrier() {
        guard let control, let name = record?.providerCallID else { return answered(nil) }
        begin { [self] in
            do throws(CarrierControlError) {
                let view = try await control.look(name)
                await answered(view)
            } catch {
                await report(
                    error.code, "The carrier could not be asked how the call ended. \(error.message)",
                    component: "carrier", severity: .warning)
                await answered(nil)
            }
        }
    }

    private func answered(_ view: CarrierView?) {
        if let view { change { $0.carrier = view.carrier } }
        carryOut(machine.carrierAnswered(view?.status, at: line.loop.now))
        rearm()
    }

    /// A task of this call's, which lives until it has done its work. All of them have deadlines of their own.
    private func begin(_ work: @escaping @Sendable () async -> Void) {
        orders.append(task(work))
    }

    // MARK: the end

    private func finish(_ reason: EndReason) {
        keep(book?.close(at: line.loop.now) ?? [])
        if let stream { note(.streamEnded(stream: stream, how: reason.rawValue), by: "carrier") }
        keep(.change(lastChange(reason, failure(for: reason))))
        tellEnd(reason)
        letGo()
    }

    /// What the record gets with its final status.
    func lastChange(_ reason: EndReason, _ failure: CallRecord.Failure?) -> CallChange {
        var change = CallChange(at: services.utc(), .finish(reason))
        change.quality = quality
        change.usage = usage.responses > 0 ? JSONObject(usage) : nil
        change.failure = failure
        return change
    }

    func tellEnd(_ reason: EndReason) {
        let now = line.loop.now
        let quality = self.quality
        if isHandedOver {
            logger.info("call.handed_over", "Another node goes on with the call.")
            if let vendor { services.metrics.active(vendor).add(-1) }
        } else if record != nil {
            logger.info(
                "call.ended", "The call is over.",
                [
                    "status": .string(reason.status.rawValue), "end_reason": .string(reason.rawValue),
                    "duration": .duration(answered.duration(to: now)), "frames_in": .integer(quality.framesIn),
                    "interruptions": .integer(quality.interruptions),
                ])
            services.metrics.ended(record?.direction ?? .inbound, vendor, reason)
            services.metrics.registry.histogram(.callDuration).observe(answered.duration(to: now))
            if let vendor { services.metrics.active(vendor).add(-1) }
        } else {
            services.metrics.registry.counter(.rejected, reason.rawValue).increment()
        }
        if outbox.dropped > 0 {
            report(
                "call.outbox_full", "\(outbox.dropped) events were not kept: the store was too slow.",
                component: "store", severity: .warning)
        }
    }

    /// Nothing of the call is left here but what is still to be kept.
    func letGo() {
        settle()
        dropUpstream(.first)
        dropUpstream(.standIn)
        timer?.set(.never)
        timer = nil
        line.vitals.isDue(.never, in: machine.phase, outbox: outbox.count)
        let name = record?.providerCallID
        line.end()
        if let name { desk.end(self, name) } else { desk.leave(self) }
    }

    private func failure(for reason: EndReason) -> CallRecord.Failure? {
        switch reason {
        case .upstreamFailed, .upstreamUnavailable:
            upstreamFailure.map { CallRecord.Failure(code: $0.code, message: $0.message) }
                ?? CallRecord.Failure(
                    code: "upstream.silent", message: "The voice service was not ready in time, or fell silent.")
        case .silence:
            CallRecord.Failure(code: "carrier.silence", message: "The carrier sent no audio for too long.")
        case .protocolError:
            CallRecord.Failure(code: "carrier.protocol", message: "The carrier broke the rules of its protocol.")
        case .carrierFailed:
            CallRecord.Failure(code: "carrier.lost", message: "The carrier's connection was lost.")
        case .callerHangup, .agentHangup, .transferred, .apiHangup, .maxDuration, .stale, .noStart, .drainTimeout,
            .nodeLost, .storeFailed, .rejected, .busy, .noAnswer, .canceled:
            nil
        }
    }

    private var quality: CallQuality {
        let counts = line.counts
        var quality = CallQuality()
        quality.framesIn = counts.framesIn
        quality.framesOut = counts.framesOut
        quality.gaps = counts.gaps
        quality.bridgeLatency = line.latency.bridgeLatency
        quality.lateFrames = line.filler.lateFrames + counts.lateFromCarrier
        quality.lostFrames = counts.lost
        quality.underruns = counts.underruns
        quality.interruptions = interruptions
        quality.malformedMessages = malformed.all
        quality.responseLatency = CallQuality.Latencies(
            of: (book?.responseTimes ?? []).map { Int($0.inSeconds * 1_000) })
        return quality
    }
}

extension JSONObject {
    /// What the upstream used, in tokens.
    fileprivate init(_ usage: UpstreamUsage) {
        self = .building { json in
            json.add("responses", .integer(usage.responses))
            json.add("text_in", .integer(usage.textIn.all))
            json.add("text_in_cached", .integer(usage.textIn.cached))
            json.add("audio_in", .integer(usage.audioIn.all))
            json.add("audio_in_cached", .integer(usage.audioIn.cached))
            json.add("text_out", .integer(usage.textOut))
            json.add("audio_out", .integer(usage.audioOut))
            json.add("transcription_ms", .integer(usage.transcription.milliseconds))
        }
    }
}
