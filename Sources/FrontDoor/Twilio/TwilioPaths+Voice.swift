internal import Addresses
internal import CallCore
internal import CarrierWire
internal import HTTPLoop
internal import HTTPWire
internal import Telemetry
internal import Timeline
internal import Wording

// A call comes in, or one that we dialled was answered. Whatever happens, the caller hears something that makes sense.
extension TwilioPaths {
    func voice(_ webhook: Webhook) async throws -> (HTTPResponse, Outcome) {
        let asked = try Self.read { () throws(CarrierError) in try TwilioVoiceRequest(webhook.form) }
        let admission = house.host.admission
        guard admission != .draining else {
            reject("draining")
            throw Problem(
                503, code: "node.draining", "This node takes no new calls, since it is about to end.",
                headers: ["Retry-After": "1"])
        }
        if asked.call.direction != .outbound, let caller = Self.identity(of: asked.call.from),
            callers.refusal(caller, at: house.now()) != nil
        {
            reject("caller_rate")
            return heard(TwiML([.reject(busy: true)]), .rejected, call: asked.call.call)
        }
        let (record, answer) = await expected(asked, webhook)
        guard !record.status.isFinal else { return heard(TwiML([.hangup]), .outOfOrder, call: asked.call.call) }
        switch answer {
        case .nobody(let reason):
            report("call.no_agent", reason.message, call: record.id.description)
            return await turnAway(record, webhook, nil, Away("no_agent", .rejected, .reject(busy: false)))
        case .agent(let agent, _):
            guard let away = Self.away(admission, house.host.readiness(of: agent)) else {
                return bridge(webhook, record, agent)
            }
            return await turnAway(record, webhook, agent, away)
        }
    }

    /// Whom to count calls by; nil for callers who hide, of whom there are many behind one name. Their names spelt on a
    /// keypad are how some networks write them.
    private static func identity(of caller: PhoneNumber?) -> String? {
        guard let caller = caller?.unmasked.lowercased() else { return nil }
        return ["anonymous", "restricted", "unavailable", "unknown", "+266696687", "+7378742833"].contains(caller)
            ? nil : caller
    }

    // MARK: the record

    /// The call's record, begun unless it was there, and who takes the call. A store that fails or is slow keeps no caller
    /// waiting: what it has not taken by then it takes later.
    private func expected(_ asked: TwilioVoiceRequest, _ webhook: Webhook) async -> (CallRecord, AgentAnswer) {
        let agents = house.agents()
        let answer = agents.answer(to: asked.call.to?.unmasked ?? "", call: asked.call.call)
        var record = record(of: asked.call, ordered: webhook.ordered, status: .ringing, at: webhook.now)
        record.agent = answer.agent?.id
        record.upstream = answer.agent.flatMap(agents.upstream)
        record.node = house.node
        var facts = CallFacts(opening: record, by: Self.component)
        if webhook.ordered != nil {
            // The carrier's name of a call that we dialled may only be learnt now.
            var named = CallChange(at: webhook.now)
            named.providerCallID = asked.call.call
            facts.steps = [.change(named)]
        }
        switch await keep(facts, webhook) {
        case .kept(let known, opened: false, _), .repeated(let known):
            // Dialled by us, or asked for twice: what was chosen stays.
            guard let chosen = known.agent else { return (await complete(known, with: record, webhook), answer) }
            return (known, agents.agent(chosen).map { .agent($0) } ?? .nobody(.agent(chosen)))
        case .kept, .later, .unknownCall, nil: return (record, answer)
        }
    }

    /// A status came before the call: its record lacks what only now is known.
    private func complete(_ known: CallRecord, with record: CallRecord, _ webhook: Webhook) async -> CallRecord {
        var change = CallChange(at: webhook.now)
        change.agent = record.agent
        change.upstream = record.upstream
        change.node = record.node
        change.from = known.from == nil ? record.from : nil
        change.to = known.to == nil ? record.to : nil
        switch await keep(CallFacts(of: .id(known.id), by: Self.component, [.change(change)]), webhook) {
        case .kept(let record, _, _), .repeated(let record): return record
        case .unknownCall, .later, nil: return known
        }
    }

    /// Nil where the store has not said yet what it makes of it.
    private func keep(_ facts: CallFacts, _ webhook: Webhook) async -> CallKept? {
        await Hurry.answer(by: webhook.answerBy, in: house) { [self] in
            do throws(CallStoreError) {
                return try await house.store.keep(facts)
            } catch {
                report(error.code, error.message, call: facts.opening?.id.description ?? facts.call.description)
                return nil
            }
        } ?? nil
    }

    /// - Parameter ordered: The call is one that we dialled, and has this name already.
    func record(
        of call: TwilioCallParameters, ordered: CallID? = nil, status: CallStatus, at now: UTCTime
    ) -> CallRecord {
        var generator = house.random()
        return CallRecord(
            id: ordered ?? house.ids.next(at: now, using: &generator), providerCallID: call.call,
            direction: call.direction ?? .inbound,
            status: status, from: call.from, to: call.to, createdAt: now)
    }

    // MARK: who cannot be taken

    /// Why a caller is turned away, and what that is to the record.
    private struct Away {
        let reason: String
        let end: EndReason
        /// Where neither the agent nor the node has anything for it.
        let last: TwiML.Verb

        /// Busy is not billed, and people know what it means.
        init(_ reason: String, _ end: EndReason, _ last: TwiML.Verb = .reject(busy: true)) {
            self.reason = reason
            self.end = end
            self.last = last
        }
    }

    /// Nil for a call that can be taken.
    private static func away(_ admission: CallAdmission, _ readiness: AgentReadiness) -> Away? {
        guard admission == .open else { return Away("full", .rejected) }
        switch readiness {
        // Without an upstream the call goes its way: its record says what is missing, and its caller hears the apology.
        case .ready, .noUpstream: return nil
        case .full: return Away("agent_full", .rejected)
        case .upstreamsResting: return Away("upstream", .upstreamUnavailable)
        }
    }

    private func turnAway(
        _ record: CallRecord, _ webhook: Webhook, _ agent: Agent?, _ away: Away
    ) async -> (HTTPResponse, Outcome) {
        reject(away.reason)
        var facts = CallFacts(opening: record, by: Self.component)
        var change = CallChange(at: webhook.now, .finish(away.end))
        if away.end == .upstreamUnavailable {
            change.failure = CallRecord.Failure(
                code: "call.\(away.reason)", message: "No voice service could take the call, so it was not answered.")
        }
        facts.steps = [.change(change)]
        _ = await keep(facts, webhook)
        let action = callback("/twilio/connect-ended", webhook.visitor)
        let twiml = TwiML(instead(of: agent, orElse: away.last, afterDial: action))
        return heard(twiml, .rejected, call: record.id.description, agent: agent?.id)
    }

    private func instead(
        of agent: Agent?, orElse last: TwiML.Verb, afterDial action: TwilioCallback?
    ) -> [TwiML.Verb] {
        for fallback in [agent?.fallback ?? Agent.Fallback(), settings.fallback] {
            if let number = fallback.transferTo { return [.dial(TwiMLDial(number: number, action: action))] }
            if let text = fallback.say { return [.say(text, language: agent?.language), .hangup] }
        }
        return [last]
    }
}
