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
        let (record, agent) = await expected(asked, at: webhook.now)
        guard !record.status.isFinal else { return heard(TwiML([.hangup]), .outOfOrder, call: asked.call.call) }
        guard let agent else {
            reject("no_agent")
            report(
                "call.no_agent", "No agent answers this number. Add it to numbers, or an agent named default.",
                call: record.id.description)
            return await turnedAway(record, [.reject(busy: false)], at: webhook.now)
        }
        guard admission == .open else {
            reject("full")
            return await turnedAway(record, Self.full(agent), at: webhook.now)
        }
        return bridge(webhook, record, agent)
    }

    /// Whom to count calls by; nil for callers who hide, of whom there are many behind one name. Their names spelt on a
    /// keypad are how some networks write them.
    private static func identity(of caller: PhoneNumber?) -> String? {
        guard let caller = caller?.unmasked.lowercased() else { return nil }
        return ["anonymous", "restricted", "unavailable", "unknown", "+266696687", "+7378742833"].contains(caller)
            ? nil : caller
    }

    /// What the store may take before the caller is answered without it.
    private static let patience = Duration.seconds(1)

    /// The call's record, begun unless it was there, and the agent that takes the call. A store that fails keeps no
    /// caller waiting.
    private func expected(_ asked: TwilioVoiceRequest, at now: UTCTime) async -> (CallRecord, Agent?) {
        let agents = house.agents()
        var generator = house.random()
        let draw = Double.random(in: 0..<1, using: &generator)
        let agent = agents.agent(answering: asked.call.to?.unmasked ?? "", draw: draw)
        var record = record(of: asked.call, status: .ringing, at: now)
        record.agent = agent?.id
        record.upstream = agent.flatMap(agents.upstream)
        record.node = house.node
        var facts = CallFacts(opening: record, by: Self.component)
        facts.patience = Self.patience
        do throws(CallStoreError) {
            switch try await house.store.keep(facts) {
            case .kept(let known, opened: false, _), .repeated(let known):
                // Dialled by us, or asked for twice: what was chosen stays.
                guard let chosen = known.agent else { return (try await complete(known, with: record, at: now), agent) }
                return (known, agents.agent(chosen))
            case .kept, .later, .unknownCall: break
            }
        } catch {
            report(error.code, error.message, call: record.id.description, agent: agent?.id)
        }
        return (record, agent)
    }

    /// A status came before the call: its record lacks what only now is known.
    private func complete(
        _ known: CallRecord, with record: CallRecord, at now: UTCTime
    ) async throws(CallStoreError) -> CallRecord {
        var change = CallChange(at: now)
        change.agent = record.agent
        change.upstream = record.upstream
        change.node = record.node
        change.from = known.from == nil ? record.from : nil
        change.to = known.to == nil ? record.to : nil
        var facts = CallFacts(of: .id(known.id), by: Self.component, [.change(change)])
        facts.patience = Self.patience
        switch try await house.store.keep(facts) {
        case .kept(let record, _, _), .repeated(let record): return record
        case .unknownCall, .later: return known
        }
    }

    func record(of call: TwilioCallParameters, status: CallStatus, at now: UTCTime) -> CallRecord {
        var generator = house.random()
        return CallRecord(
            id: house.ids.next(at: now, using: &generator), providerCallID: call.call,
            direction: call.direction ?? .inbound,
            status: status, from: call.from, to: call.to, createdAt: now)
    }

    // MARK: what the caller gets

    private func bridge(_ webhook: Webhook, _ record: CallRecord, _ agent: Agent) -> (HTTPResponse, Outcome) {
        let call = record.providerCallID ?? ""
        let lifetime = settings.tokenLifetime.wholeNanoseconds / 1_000_000
        let expiry = UTCTime(millisecondsSince1970: webhook.now.millisecondsSince1970 + lifetime)
        let token = StreamToken(call: call, agent: agent.id, expiry: expiry, secret: settings.secret)
        let twiml = instructions(webhook.visitor, record, agent, token)
        let answer = heard(twiml, .taken, call: record.id.description, agent: agent.id)
        if answer.1 == .taken {
            house.host.expect(
                ExpectedCall(
                    record: record.id, providerCallID: call, direction: record.direction, from: record.from,
                    to: record.to, agent: agent, variables: record.variables, tokenExpiry: expiry))
        }
        return answer
    }

    private func instructions(
        _ visitor: Visitor, _ record: CallRecord, _ agent: Agent, _ token: StreamToken
    ) -> TwiML {
        // Heard where the action could not be asked, or where the request did not say how to reach us.
        let apology = [TwiML.Verb.say(agent.fallback.say ?? Self.apology, language: agent.language), .hangup]
        guard let url = address.stream(for: visitor) else {
            report(
                "carrier.no_public_url", "The request names no host, so the stream has no address. Set public_url.",
                call: record.id.description, agent: agent.id)
            return TwiML(apology)
        }
        let stream = TwiMLStream(
            url: url, name: record.id.description, statusCallback: callback("/twilio/stream-status", visitor),
            parameters: [.init("token", token.text), .init("agent", agent.id)])
        return TwiML([.connect(stream, action: callback("/twilio/connect-ended", visitor))] + apology)
    }

    func callback(_ path: String, _ visitor: Visitor) -> TwilioCallback? {
        address.url(path, for: visitor).map { TwilioCallback($0, isRetried: true) }
    }

    /// Without anything set for it, busy: that is not billed, and people know what it means.
    private static func full(_ agent: Agent) -> [TwiML.Verb] {
        if let number = agent.fallback.transferTo { return [.dial(TwiMLDial(number: number))] }
        if let text = agent.fallback.say { return [.say(text, language: agent.language), .hangup] }
        return [.reject(busy: true)]
    }

    private func turnedAway(
        _ record: CallRecord, _ verbs: [TwiML.Verb], at now: UTCTime
    ) async -> (HTTPResponse, Outcome) {
        var facts = CallFacts(opening: record, by: Self.component)
        facts.steps = [.change(CallChange(at: now, .finish(.rejected)))]
        facts.patience = Self.patience
        do throws(CallStoreError) {
            _ = try await house.store.keep(facts)
        } catch {
            report(error.code, error.message, call: record.id.description)
        }
        return heard(TwiML(verbs), .rejected, call: record.id.description, agent: record.agent)
    }
}
