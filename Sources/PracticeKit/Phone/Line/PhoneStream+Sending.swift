internal import HTTPLoop
internal import SocketLoop
internal import Timeline

/// What goes to the bridge.
extension PhoneStream {
    /// Returns whether the message is on its way. A bridge that does not read loses it, as at the carrier.
    @discardableResult
    func send(_ text: String) -> Bool {
        guard !isDeaf, ending == nil, let socket else { return false }
        lastSent = text
        switch socket.send(text: text.utf8.span) {
        case .sent, .waiting: return true
        case .full, .closed: return false
        }
    }

    func sendDueFrames(at now: Instant) {
        let due = Int(began.nanoseconds(to: now) / 20_000_000)
        while framesDue < due {
            let milliseconds = framesDue * 20
            framesDue += 1
            let wasSpeaking = voice.isSpeaking
            let frame = voice.nextFrame()
            lastFrame = frame
            dispatch(frame, milliseconds, at: now)
            if wasSpeaking, !voice.isSpeaking {
                log.callerEnded(at: now)
                news(.callerEnded)
            }
        }
    }

    private func dispatch(_ frame: [UInt8], _ milliseconds: Int, at now: Instant) {
        let departure = road.departure(of: milliseconds / 20, at: now)
        // Encoded even if it gets lost: that happens on the way.
        let payload = coder.encode(frame)
        underway.append(
            Underway(moment: departure.moment, bytes: departure.isLost ? nil : payload, milliseconds: milliseconds))
        sendUnderway(at: now)
    }

    /// Sends what has been underway for long enough; one timer for the first of the rest, so that none overtakes another.
    private func sendUnderway(at now: Instant) {
        while let first = underway.first, first.moment <= now {
            underway.removeFirst()
            sendFrame(first.bytes, first.milliseconds)
        }
        guard let next = underway.first, roadTimer == nil else { return }
        roadTimer = core.schedule(at: next.moment) { [weak self] now in
            self?.roadTimer = nil
            self?.sendUnderway(at: now)
            return nil
        }
    }

    /// Nil for a frame that got lost: its numbers are missing.
    private func sendFrame(_ frame: [UInt8]?, _ milliseconds: Int) {
        guard ending == nil, !isDeaf, !isOver else { return }
        guard let frame else {
            writer.skipMedia()
            log.update { $0.framesLost += 1 }
            return
        }
        let isSent = send(writer.media(frame, at: milliseconds))
        log.update { if isSent { $0.framesSent += 1 } else { $0.framesLost += 1 } }
    }
}
