internal import CallCore
internal import JSONWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

// What the upstream says, all but audio.
extension Call {
    // MARK: its socket

    func socketUp() {
        ways[.first].dial = nil
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
        case .transcript(let piece):
            keep(book?.take(piece, at: now) ?? [])
            // The words may be whole only after the last of them was heard.
            if line.isAllHeard { keep(book?.heardAll(at: now) ?? []) }
        case .toolCall(let call): answer(call, at: now)
        case .usage(let used): usage = usage + used
        case .warning(let warning): warn(warning, from: vendor)
        case .ended(let failure): ended(failure, at: now)
        }
    }

    private func becameReady(_ ready: UpstreamReady, at now: Instant) {
        if let vendor {
            tellReady(.first, at: now)
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

    func warn(_ warning: UpstreamWarning, from vendor: UpstreamVendor?) {
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
        case .finished where ways[.first].permit != nil: upstreamFailed(failure, as: .permanent)
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
