internal import CallCore
internal import CarrierWire
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

// What the line tells. It does so on the call's own thread, so entering the actor is neither a task nor a hop.
extension Call: LineListener {
    nonisolated func carrierOpened() { assumeIsolated { $0.begin() } }
    nonisolated func carrierSaid(_ message: CarrierMessage) { assumeIsolated { $0.heard(message) } }

    nonisolated func carrierMisspoke(_ error: CarrierError) {
        assumeIsolated { $0.misspoke(error.code, error.message) }
    }

    nonisolated func carrierSaidForeign() { assumeIsolated { $0.foreign() } }

    nonisolated func carrierEnded(_ end: CallSocketEnd) {
        assumeIsolated { call in
            call.carryOut(call.machine.carrierEnded(CallMachine.CarrierEnd(end), at: call.line.loop.now))
            call.rearm()
        }
    }

    nonisolated func carrierSentBinary() {
        assumeIsolated { call in
            call.carryOut(
                call.machine.startRefused(
                    .protocolError, closingWith: 1003, saying: "binary messages are not part of the protocol",
                    at: call.line.loop.now))
            call.rearm()
        }
    }

    nonisolated func upstreamOpened() { assumeIsolated { $0.socketUp() } }

    nonisolated func upstreamSaid(_ output: UpstreamOutput) {
        assumeIsolated { call in
            call.take(output.events)
            call.rearm()
        }
    }

    nonisolated func upstreamMisspoke(_ code: String, _ message: String) {
        assumeIsolated { $0.misspoke(code, message, by: .upstream) }
    }

    nonisolated func upstreamEnded(_ end: CallSocketEnd) { assumeIsolated { $0.socketDown(end) } }

    nonisolated func standInOpened() {
        assumeIsolated { call in
            call.ways[.standIn].dial = nil
            call.takeFromStandIn(call.line.standInSessionOpened())
            call.rearm()
        }
    }

    nonisolated func standInSaid(_ events: [UpstreamEvent]) {
        assumeIsolated { call in
            call.takeFromStandIn(events)
            call.rearm()
        }
    }

    nonisolated func firstCallerAudio() {
        assumeIsolated { call in
            call.book?.callerAudioBegan(at: call.line.loop.now)
            call.note(.audioFirstCaller)
        }
    }

    /// The session may from now on wait for the end of it.
    nonisolated func agentBegan(_ item: AgentItem) {
        assumeIsolated { call in
            call.began(item)
            call.rearm()
        }
    }

    nonisolated func agentOverflowed(dropped: Milliseconds) {
        assumeIsolated { call in
            call.report(
                "audio.overflow", "The agent sent more audio than can be kept; the rest of that answer is not played.",
                component: "media", severity: .warning)
        }
    }

    nonisolated func agentAudioDropped(_ all: Milliseconds) {
        assumeIsolated { $0.note(.audioOverflow(.upstream, droppedMilliseconds: all.rawValue)) }
    }

    nonisolated func agentAudioIsNot(_ promised: AudioFormat, but found: AudioFormat.Encoding) {
        assumeIsolated { call in
            call.note(.audioFormatMismatch(promised: "\(promised.encoding)", found: "\(found)"))
            call.report(
                "audio.format_mismatch",
                "The agent's audio is not in the format that its session promised, so it is not played.",
                component: "media")
            // An agent that nobody can hear is none.
            call.upstreamFailed(
                .formatMismatch(detail: PeerText("promised \(promised), sent what looks like \(found)")))
            call.rearm()
        }
    }

    nonisolated func markReturned(_ name: String, as acknowledgement: PlayoutLedger.Acknowledgement?) {
        assumeIsolated { $0.marked(name, acknowledgement) }
    }

    nonisolated func heardAll() {
        assumeIsolated { call in
            call.keep(call.book?.heardAll(at: call.line.loop.now) ?? [])
        }
    }

    nonisolated func milestoneHeard() {
        assumeIsolated { call in
            call.greetingHeard()
            call.rearm()
        }
    }

    nonisolated func playoutEnded() {
        assumeIsolated { call in
            call.carryOut(call.machine.playoutEnded(at: call.line.loop.now))
            call.rearm()
        }
    }
}

extension Call {
    private func began(_ item: AgentItem) {
        let now = line.loop.now
        let isFirst = book?.hasSpoken == false
        let waited = book?.agentBegan(item, at: now)
        if isFirst { note(.audioFirstAgent(after: answered.duration(to: now))) }
        if let waited, let vendor {
            services.metrics.registry.histogram(.responseLatency, vendor.rawValue).observe(waited)
        }
    }

    private func marked(_ name: String, _ acknowledgement: PlayoutLedger.Acknowledgement?) {
        // `clear` returns the marks of what was never played: those are no anomaly.
        guard acknowledgement != .outdated else { return }
        strangeMarks += 1
        guard strangeMarks == 1 else { return }
        note(.markAnomaly(name: String(name.prefix(64)), message: "a mark came back that was not sent, or twice"))
    }

    /// The greeting is the first response. It is protected up to its last word, and what follows it is not.
    func greetingEnded() {
        guard isGreeting, line.milestone == nil else { return }
        if line.endOfPlayout == nil { greetingHeard() } else { line.setMilestone() }
    }

    func greetingHeard() {
        guard isGreeting else { return }
        isGreeting = false
        if agent?.protectsGreeting == true { take(line.perform(.allowInterruptions)) }
    }
}

extension CallMachine.CarrierEnd {
    fileprivate init(_ end: CallSocketEnd) {
        switch end.cause {
        case .peer, .us: self = .seen(.close(code: end.code))
        case .violation: self = .violation
        case .silence: self = .silent
        case .slow, .lost: self = .seen(.lost)
        }
    }
}
