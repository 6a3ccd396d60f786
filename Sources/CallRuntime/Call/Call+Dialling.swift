internal import CallCore
internal import JSONWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

// The way to an upstream, for either side.
extension Call {
    private func agent(of side: UpstreamSide) -> Agent? { side == .first ? agent : standIn }

    private func vendor(of side: UpstreamSide) -> UpstreamVendor? {
        side == .first ? vendor : standIn.flatMap { services.directory.upstream(of: $0) }
    }

    func dialUpstream(_ side: UpstreamSide, attempt: Int) {
        let now = line.loop.now
        guard let agent = agent(of: side), let vendor = vendor(of: side), let provider = services.providers[vendor]
        else {
            return upstreamFailed(
                .configurationRefused(detail: PeerText("no such upstream is configured")), of: side)
        }
        guard let permit = services.gates.admit(vendor, at: now) else {
            // Another attempt of this call would find it no better.
            return upstreamFailed(
                .overloaded(after: nil, detail: PeerText("it failed too often of late and is not dialled for now")),
                of: side, as: .permanent)
        }
        ways[side].permit = permit
        ways[side].began = now
        note(.upstreamAttempt(vendor, number: attempt, failure: nil), by: "upstream")
        let character = UpstreamAgent(agent)
        let formats = provider.formats(for: character, isWideband: line.isWideband)
        do {
            let opening = try provider.opening(for: character)
            let session = provider.session(
                UpstreamSetup(
                    agent: character, formats: formats, pastTurns: past.turns,
                    protectsGreeting: agent.protectsGreeting))
            switch side {
            case .first: try line.prepare(session, formats: formats)
            case .standIn: line.prepareStandIn(session)
            }
            let deadline = Deadline(limit: machine.rules.upstreamAttempt, from: now)
            switch opening {
            case .open(let request): open(request, of: provider, for: side, by: deadline)
            case .ask(let question): ask(question, about: character, of: provider, for: side, by: deadline)
            }
        } catch let failure as UpstreamFailure {
            upstreamFailed(failure, of: side)
        } catch {
            upstreamFailed(
                .configurationRefused(detail: PeerText("the audio cannot be converted: \(error)")), of: side)
        }
    }

    private func open(
        _ request: UpstreamConnectRequest, of provider: any UpstreamProvider, for side: UpstreamSide,
        by deadline: Deadline
    ) {
        let end = side == .first ? line.newUpstreamEnd() : line.newStandInEnd()
        ways[side].dial = dialer.dial(request, deadline: deadline, owner: end) { [unowned self] in
            let refusal = $0
            assumeIsolated { call in
                call.ways[side].dial = nil
                call.upstreamFailed(provider.failure(of: refusal), of: side)
                call.rearm()
            }
        }
    }

    /// Where the answer is there already, or on its way, no time is lost.
    private func ask(
        _ question: @escaping UpstreamOpening.Question, about agent: UpstreamAgent, of provider: any UpstreamProvider,
        for side: UpstreamSide, by deadline: Deadline
    ) {
        var early: UpstreamTicket?
        if let ticket, ticket.isGood(for: agent, at: provider.vendor) { (early, self.ticket) = (ticket, nil) }
        asked += 1
        let number = asked
        ways[side].asked = number
        ways[side].asking = task { [self, early] in
            if let request = await early?.request.value {
                return await answered(.success(request), number, of: provider, for: side, by: deadline)
            }
            do throws(UpstreamFailure) {
                let request = try await question(deadline)
                await answered(.success(request), number, of: provider, for: side, by: deadline)
            } catch {
                await answered(.failure(error), number, of: provider, for: side, by: deadline)
            }
        }
    }

    /// An answer that the call has stopped waiting for counts for nothing.
    private func answered(
        _ answer: Result<UpstreamConnectRequest, UpstreamFailure>, _ number: Int, of provider: any UpstreamProvider,
        for side: UpstreamSide, by deadline: Deadline
    ) {
        guard number == ways[side].asked, ways[side].asking != nil else { return }
        ways[side].asking = nil
        switch answer {
        case .success(let request): open(request, of: provider, for: side, by: deadline)
        case .failure(let failure): upstreamFailed(failure, of: side)
        }
        rearm()
    }

    func dropUpstream(_ side: UpstreamSide) {
        let vendor = vendor(of: side)
        ways[side].asking?.cancel()
        ways[side].asking = nil
        ways[side].dial?.cancel()
        ways[side].dial = nil
        switch side {
        case .first:
            past.attempt = nil
            line.dropUpstream()
        case .standIn: line.dropStandIn()
        }
        if let permit = ways[side].permit, let vendor { services.gates.abandoned(vendor, permit) }
        ways[side].permit = nil
    }

    /// - Parameter judged: What the next attempt may hope for, where the failure itself says something else.
    func upstreamFailed(_ failure: UpstreamFailure, of side: UpstreamSide = .first, as judged: AttemptFailure? = nil) {
        let now = line.loop.now
        tell(failure, of: side, at: now)
        if let agent = agent(of: side), let vendor = vendor(of: side) {
            services.providers[vendor]?.failed(UpstreamAgent(agent), failure)
        }
        let judged = judged ?? AttemptFailure(failure.reason)
        withBudget(of: vendor(of: side)) { call, budget, generator in
            switch side {
            case .first: call.machine.upstreamFailed(judged, at: now, budget: &budget, using: &generator)
            case .standIn: call.machine.standInFailed(judged, at: now, budget: &budget, using: &generator)
            }
        }
    }

    /// An attempt ran out of time; the machine knows.
    func upstreamWasSilent(_ side: UpstreamSide) {
        tell(.connectionLost(detail: PeerText("it was not ready in time")), of: side, at: line.loop.now)
    }

    private func tell(_ failure: UpstreamFailure, of side: UpstreamSide, at now: Instant) {
        // What the first choice died of is what somebody has to mend.
        if side == .first { upstreamFailure = failure }
        logger.warning(
            failure.code, failure.message, ["detail": .peer(failure.detail), "reason": .string(failure.reason.code)])
        guard let vendor = vendor(of: side) else { return }
        services.metrics.registry.counter(.upstreamFailures, vendor.rawValue, failure.reason.code).increment()
        if let permit = ways[side].permit { services.gates.failed(vendor, permit, at: now) }
        ways[side].permit = nil
        note(.upstreamLost(vendor, reason: failure.reason.code, message: failure.message), by: "upstream")
        report(failure.code, failure.message, component: "upstream")
    }

    func tellReady(_ side: UpstreamSide, at now: Instant) {
        guard let vendor = vendor(of: side) else { return }
        if let permit = ways[side].permit { services.gates.succeeded(vendor, permit) }
        ways[side].permit = nil
        let took = ways[side].began.duration(to: now)
        services.metrics.registry.histogram(.upstreamConnect, vendor.rawValue).observe(took)
        note(.upstreamReady(vendor, after: took), by: "upstream")
    }

    // MARK: who stands in

    /// Before it is ready nothing that it says concerns the caller.
    func takeFromStandIn(_ events: [UpstreamEvent]) {
        for event in events {
            let now = line.loop.now
            switch event {
            case .ready(let ready):
                standInFormats = ready.formats
                tellReady(.standIn, at: now)
                carryOut(machine.standInReady(at: now))
            case .ended(let failure):
                let judged: AttemptFailure? = failure.reason == .finished ? .permanent : nil
                upstreamFailed(failure, of: .standIn, as: judged)
            case .warning(let warning): warn(warning, from: vendor(of: .standIn))
            case .connected, .agentAudio, .agentAudioEnded, .callerSpeechStarted, .interrupted, .callerSpeechStopped,
                .callerIdle, .responseStarted, .responseEnded, .transcript, .toolCall, .usage, .rateLimits:
                break
            }
        }
    }

    /// The call goes on with the other agent.
    func switchToStandIn() {
        guard let agent = standIn, let next = vendor(of: .standIn), let formats = standInFormats else { return }
        let why = upstreamFailure?.reason.code ?? "slow"
        dropUpstream(.first)
        ways.switchOver()
        if let vendor {
            services.metrics.active(vendor).add(-1)
            note(.upstreamSwitched(from: vendor, to: next, why: why), by: "upstream")
        }
        services.metrics.active(next).add(1)
        (self.agent, vendor, standIn) = (agent, next, nil)
        change {
            $0.agent = agent.id
            $0.upstream = next
        }
        logger.info(
            "call.upstream_switched", "The agent that stands in takes the call.",
            ["agent": .string(agent.id), "upstream": .string(next.rawValue)])
        book?.awaitsCorrections = services.providers[next]?.correctsTranscripts == true
        do {
            try line.takeOver(formats)
        } catch {
            upstreamFailed(.formatMismatch(detail: PeerText("the audio cannot be converted: \(error)")))
        }
    }
}

extension AttemptFailure {
    fileprivate init(_ reason: UpstreamReason) {
        switch reason {
        case .retry(let after): self = .transient(retryAfter: after)
        case .renew: self = .transient(retryAfter: nil)
        case .finished, .fallBack, .quota, .giveUp: self = .permanent
        }
    }
}

extension UpstreamAgent {
    init(_ agent: Agent) {
        self.init()
        model = agent.model
        voice = agent.voice
        instructions = agent.instructions
        firstMessage = agent.firstMessage
        language = agent.language
        turnDetection = agent.turnDetection.map { .object($0) }
        tools = agent.tools.map {
            UpstreamTool(name: $0.name, description: $0.description, parameters: $0.parameters)
        }
        if agent.builtins.contains(.endCall) {
            tools.append(
                UpstreamTool(
                    name: Agent.Builtin.endCall.rawValue,
                    description: "Ends the phone call. Use it when the caller has said goodbye or wants to hang up."))
        }
        transcribesCaller = agent.transcript != .off
        vendorAgentID = agent.elevenLabsAgentID
        variables = agent.variables
    }
}
