internal import HTTPLoop
internal import SocketLoop
internal import Timeline

/// What the script, or somebody from outside, has the caller do.
extension PhoneStream {
    /// A bridge that has not closed its side by then is left.
    private static let wakingTime = Duration.milliseconds(200)

    func follow(_ command: ScriptMachine.Command, at now: Instant) {
        switch command {
        case .say(let speech):
            voice.say(plan.speeches.bytes(of: speech))
            log.callerBegan(at: now)
            news(.callerBegan)
        case .press(let key):
            send(writer.key(key))
            log.update { $0.keys.append(key) }
            news(.key(key))
        case .send(let text): send(filled(text))
        case .sendBinary(let bytes): _ = socket?.send(binary: bytes.span)
        case .jitter(let most): road.jitter = most
        case .lose(let share): road.loss = share
        case .hangUp: hangUp(as: .caller)
        case .reset:
            ending = .reset
            socket?.stream.kill(reset: true)
        case .halfOpen(let duration): fallSilent(for: duration)
        case .fail(let step, let text): fail(text, step: step)
        }
    }

    private func filled(_ text: String) -> String {
        var text = text
        let identity = plan.identity
        let values = [
            ("$STREAM", identity.stream), ("$CALL", identity.call), ("$ACCOUNT", identity.account),
            ("$LAST", lastSent),
        ]
        for (name, value) in values {
            text = text.split(separator: name, omittingEmptySubsequences: false).joined(separator: value)
        }
        return text
    }

    /// Ends the stream as the carrier does: `stop`, then the close frame.
    func hangUp(as by: StreamReport.EndedBy) {
        guard ending == nil else { return }
        guard let socket else {
            ending = by
            opening?.cancel()
            return
        }
        send(writer.stop())
        ending = by
        socket.close()
    }

    /// From now on neither reads nor answers, and the connection stays: as when a machine loses its power.
    private func fallSilent(for duration: Duration) {
        isDeaf = true
        socket?.setReading(false)
        patience = core.schedule(after: duration) { [weak self] _ in
            self?.patience = nil
            self?.wake()
            return nil
        }
    }

    /// Looks whether the bridge gave the stream up meanwhile.
    private func wake() {
        ending = .halfOpen
        socket?.setReading(true)
        patience = core.schedule(after: Self.wakingTime) { [weak self] _ in
            guard let self else { return nil }
            patience = nil
            fail("the bridge never noticed that nobody was there")
            socket?.kill()
            return nil
        }
    }
}
