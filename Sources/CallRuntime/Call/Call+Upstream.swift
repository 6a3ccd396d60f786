internal import CallCore
internal import JSONWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

// The upstream: reaching it, and what it says, all but audio.
extension Call {
    // MARK: dialling

    func dialUpstream(attempt: Int) {
        let now = line.loop.now
        guard let agent, let vendor, let provider = services.providers[vendor] else {
            return upstreamFailed(.configurationRefused(detail: PeerText("no such upstream is configured")))
        }
        guard let permit = services.gates.admit(vendor, at: now) else {
            // Another attempt of this call would find it no better.
            return upstreamFailed(
                .overloaded(after: nil, detail: PeerText("it failed too often of late and is not dialled for now")),
                as: .permanent)
        }
        self.permit = permit
        dialBegan = now
        note(.upstreamAttempt(vendor, number: attempt, failure: nil), by: "upstream")
        let character = UpstreamAgent(agent)
        let formats = provider.formats(for: character, isWideband: line.isWideband)
        do {
            let opening = try provider.opening(for: character)
            try line.prepare(
                provider.session(
                    UpstreamSetup(
                        agent: character, formats: formats, protectsGreeting: agent.protectsGreeting)), formats: formats
            )
            let deadline = Deadline(limit: machine.rules.upstreamAttempt, from: now)
            switch opening {
            case .open(let request): open(request, of: provider, by: deadline)
            case .ask(let question): ask(question, about: character, of: provider, by: deadline)
            }
        } catch let failure as UpstreamFailure {
            upstreamFailed(failure)
        } catch {
            upstreamFailed(.configurationRefused(detail: PeerText("the audio cannot be converted: \(error)")))
        }
    }

    private func open(_ request: UpstreamConnectRequest, of provider: any UpstreamProvider, by deadline: Deadline) {
        dial = dialer.dial(request, deadline: deadline, owner: line.newUpstreamEnd()) { [unowned self] in
            let refusal = $0
            assumeIsolated { call in
                call.dial = nil
                call.upstreamFailed(provider.failure(of: refusal))
                call.rearm()
            }
        }
    }

    /// Where the answer is there already, or on its way, no time is lost.
    private func ask(
        _ question: @escaping UpstreamOpening.Question, about agent: UpstreamAgent, of provider: any UpstreamProvider,
        by deadline: Deadline
    ) {
        let early = ticket?.isGood(for: agent, at: provider.vendor) == true ? ticket : nil
        ticket = nil
        asked += 1
        let number = asked
        asking = task { [self] in
            if let request = await early?.request.value {
                return await answered(.success(request), number, of: provider, by: deadline)
            }
            do throws(UpstreamFailure) {
                let request = try await question(deadline)
                await answered(.success(request), number, of: provider, by: deadline)
            } catch {
                await answered(.failure(error), number, of: provider, by: deadline)
            }
        }
    }

    /// An answer that the call has stopped waiting for counts for nothing.
    private func answered(
        _ answer: Result<UpstreamConnectRequest, UpstreamFailure>, _ number: Int, of provider: any UpstreamProvider,
        by deadline: Deadline
    ) {
        guard number == asked, asking != nil else { return }
        asking = nil
        switch answer {
        case .success(let request): open(request, of: provider, by: deadline)
        case .failure(let failure): upstreamFailed(failure)
        }
        rearm()
    }

    func dropUpstream() {
        asking?.cancel()
        asking = nil
        dial?.cancel()
        dial = nil
        line.dropUpstream()
        if let permit, let vendor { services.gates.abandoned(vendor, permit) }
        permit = nil
    }

    func upstreamFailed(_ failure: UpstreamFailure, as judged: AttemptFailure? = nil) {
        let now = line.loop.now
        tell(failure, at: now)
        withBudget { call, budget, generator in
            call.machine.upstreamFailed(
                judged ?? AttemptFailure(failure.reason), at: now, budget: &budget, using: &generator)
        }
    }

    /// An attempt ran out of time; the machine knows.
    func upstreamWasSilent() {
        tell(.connectionLost(detail: PeerText("it was not ready in time")), at: line.loop.now)
    }

    private func tell(_ failure: UpstreamFailure, at now: Instant) {
        upstreamFailure = failure
        logger.warning(
            failure.code, failure.message, ["detail": .peer(failure.detail), "reason": .string(failure.reason.code)])
        guard let vendor else { return }
        services.metrics.registry.counter(.upstreamFailures, vendor.rawValue, failure.reason.code).increment()
        if let permit { services.gates.failed(vendor, permit, at: now) }
        permit = nil
        note(.upstreamLost(vendor, reason: failure.reason.code, message: failure.message), by: "upstream")
        report(failure.code, failure.message, component: "upstream")
    }

    // MARK: its socket

    func socketUp() {
        dial = nil
        take(line.sessionOpened())
        rearm()
    }

    func socketDown(_ end: CallSocketEnd) {
        take(line.sessionClosed(code: end.code, reason: end.words))
        rearm()
    }

    // MARK: its events

    func take(_ events: [UpstreamEvent]) {
        for event in events where !machine.isOver { take(event) }
    }

    private func take(_ event: UpstreamEvent) {
        let now = line.loop.now
        switch event {
        case .connected(let session):
            logger.debug(
                "upstream.connected", "The voice service took us in.", ["session": .peer(PeerText(session ?? ""))])
        case .ready(let ready): becameReady(ready, at: now)
        case .agentAudio(let item, let bytes): line.takeAudio(bytes, of: item)
        case .agentAudioEnded(let item): line.agentAudioEnded(item)
        case .callerSpeechStarted: carryOut(machine.callerSpoke(at: now))
        case .interrupted(let last): interrupt(through: last, at: now)
        case .callerSpeechStopped(let place): book?.callerStopped(at: place, now: now)
        case .callerIdle, .rateLimits, .responseStarted: break
        case .responseEnded:
            greetingEnded()
            carryOut(machine.responseEnded(endOfPlayout: line.endOfPlayout, at: now))
        case .transcript(let piece): keep(book?.take(piece, at: now) ?? [])
        case .toolCall(let call): answer(call, at: now)
        case .usage(let used): usage = usage + used
        case .warning(let warning): warn(warning)
        case .ended(let failure): ended(failure, at: now)
        }
    }

    private func becameReady(_ ready: UpstreamReady, at now: Instant) {
        if let vendor {
            if let permit { services.gates.succeeded(vendor, permit) }
            permit = nil
            let took = dialBegan.duration(to: now)
            services.metrics.registry.histogram(.upstreamConnect, vendor.rawValue).observe(took)
            note(.upstreamReady(vendor, after: took), by: "upstream")
            book?.awaitsCorrections = services.providers[vendor]?.correctsTranscripts == true
        }
        do {
            try line.adopt(ready.formats)
        } catch {
            return upstreamFailed(.formatMismatch(detail: PeerText("the audio cannot be converted: \(error)")))
        }
        carryOut(machine.upstreamReady(at: now))
    }

    /// All in this very turn of the loop: nothing more of the old answer is heard.
    private func interrupt(through last: AgentItem?, at now: Instant) {
        let read = line.lastRead
        let before = line.remaining(at: now)
        let cuts = line.interrupt(at: now, through: last)
        let dropped = before - line.remaining(at: now)
        if !cuts.isEmpty {
            services.metrics.line.clearLatency.observe(nanoseconds: read.nanoseconds(to: line.loop.now))
            services.metrics.interruptions.increment()
            interruptions += 1
        }
        var cut = UpstreamCut()
        var heard: Set<AgentItem> = []
        for piece in cuts {
            guard let item = line.item(of: piece) else { continue }
            if piece.heard > .zero { heard.insert(item) }
            switch piece.correction {
            case .none: break
            case .truncate(let place): cut.audible = UpstreamCut.Audible(item, heard: place)
            case .remove: cut.unheard.append(item)
            }
        }
        line.forgetItems(through: last)
        take(line.perform(.interrupt(cut)))
        greetingHeard()
        guard !cuts.isEmpty else { return }
        note(
            .interruption(
                heardMilliseconds: cut.audible?.heard.rawValue ?? 0, droppedMilliseconds: dropped.rawValue))
        keep(book?.interrupted(heard: heard, through: last, at: now) ?? [])
    }

    func keep(_ turns: [TranscriptTurn]) {
        guard agent?.transcript != .off else { return }
        for turn in turns {
            keep(.turn(turn))
            note(.turnEnded(turn.speaker, responseMilliseconds: turn.responseMilliseconds))
        }
    }

    private func warn(_ warning: UpstreamWarning) {
        guard let vendor else { return }
        switch warning {
        case .malformedMessage, .unexpectedField, .unknownMessage:
            return misspoke(warning.code, warning.message, by: .upstream)
        case .truncationRefused, .badTiming, .requestRefused, .responseFailed, .responseCutShort, .throttled,
            .transcriptionFailed, .unknownItem, .vendorError:
            break
        }
        note(.upstreamWarning(vendor, code: warning.code, message: warning.message), by: "upstream")
        logger.info(warning.code, warning.message)
    }

    private func ended(_ failure: UpstreamFailure, at now: Instant) {
        upstreamFailure = failure
        switch failure.reason {
        // A conversation that was never begun was refused.
        case .finished where permit != nil: upstreamFailed(failure, as: .permanent)
        case .finished:
            carryOut(machine.upstreamFinished(endOfPlayout: line.endOfPlayout, at: now))
            // It hears nothing more of the caller, also where it left it to us to close.
            line.dropUpstream()
        case .renew, .retry, .fallBack, .quota, .giveUp: upstreamFailed(failure)
        }
    }

    // MARK: tools

    private func answer(_ call: UpstreamToolCall, at now: Instant) {
        note(.functionCallStarted(name: call.name, call: call.id), by: "tools")
        guard call.name == Agent.Builtin.endCall.rawValue, agent?.builtins.contains(.endCall) == true else {
            note(
                .functionCallError(
                    name: call.name, call: call.id, error: "this tool cannot be run",
                    arguments: .string(call.arguments)),
                by: "tools")
            let output = #"{"error":{"code":"tool_unavailable","message":"This tool cannot be used now."}}"#
            return take(line.perform(.toolResult(callID: call.id, output: output)))
        }
        note(
            .functionCallCompleted(name: call.name, call: call.id, took: .zero, attempts: 1), by: "tools")
        carryOut(machine.farewellAsked(at: now))
        take(line.perform(.toolResult(callID: call.id, output: Self.goodbye)))
    }

    private static let goodbye =
        #"{"ok":true,"note":"The call ends when you have said goodbye. Say it now, in one short sentence."}"#
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
