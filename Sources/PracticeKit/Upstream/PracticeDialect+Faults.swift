internal import Timeline

/// When and how a session misbehaves, in any protocol; what only bends its words is `Mischief`'s.
extension PracticeDialect {
    /// Arms faults that came with the connection, or later with what the client said.
    mutating func takeUp(_ faults: some Sequence<Fault>) {
        for fault in faults {
            switch fault {
            case .bent(let bend): agent.bend(bend)
            case .timed(_, let when): arm(fault, when)
            case .badKey: reject(.invalidKey)
            case .modelNotFound: reject(.modelNotFound)
            case .silent:
                agent.report(.fault(fault))
                agent.isMute = true
            case .refuse, .late, .burst, .twoItems, .wrongFormat, .oddDeltas, .lateDeltas, .doubleTool, .openAI,
                .elevenLabs:
                takeUp(fault)
            }
        }
    }

    private mutating func arm(_ fault: Fault, _ when: Moment) {
        switch when {
        case .after(let delay): agent.strikes.add(fault, at: max(agent.now, agent.opened.advanced(by: delay)))
        case .point(let point): if agent.reached.contains(point) { strike(fault) }
        }
    }

    /// Comes by a point of the session, where faults may wait.
    mutating func reach(_ point: Moment.Point) {
        guard agent.reached.insert(point).inserted else { return }
        for fault in agent.settings.faults where fault.moment == .point(point) { strike(fault) }
    }

    mutating func strike(_ fault: Fault) {
        guard !agent.hasEnded, case .timed(let strike, _) = fault else { return }
        agent.report(.fault(fault))
        switch strike {
        case .close(let code): agent.end(.close(code: code, reason: "practice"))
        case .reset: agent.end(.reset)
        case .halfOpen: agent.end(.freeze)
        case .sessionExpired: expire()
        case .quota: runOutOfQuota()
        case .error(let type): fail(withErrorType: type)
        }
    }
}

extension PracticeAgent {
    func misbehaves(_ fault: Fault) -> Bool {
        settings.faults.contains(fault)
    }

    /// How long the session's first word is held back.
    var lateness: Duration? {
        settings.faults.lazy.compactMap { if case .late(let wait) = $0 { wait } else { nil } }.first
    }

    /// How long each reply is that is sent at once, if it is.
    var burst: Duration? {
        settings.faults.lazy.compactMap { if case .burst(let duration) = $0 { duration } else { nil } }.first
    }
}
