internal import CallCore
internal import SocketLoop
internal import Timeline

/// A socket loop as its calls see it. One a loop.
final class LoopSide: CallLoop {
    private let core: LoopCore
    private var listeners: [ObjectIdentifier: Beat] = [:]

    init(_ core: LoopCore) {
        self.core = core
    }

    var now: Instant { core.now }

    func timer(_ action: @escaping (Instant) -> Void) -> any CallTimer {
        Timer(on: core, action)
    }

    func join(_ listener: any CallBeat) {
        if let beat = listeners[ObjectIdentifier(listener)] { return core.hurryOnGrid(beat) }
        let beat = Beat(listener)
        listeners[ObjectIdentifier(listener)] = beat
        core.addToGrid(beat)
    }

    func leave(_ listener: any CallBeat) {
        guard let beat = listeners.removeValue(forKey: ObjectIdentifier(listener)) else { return }
        core.removeFromGrid(beat)
    }

    private final class Beat: MediaGridListener {
        private let listener: any CallBeat

        init(_ listener: any CallBeat) { self.listener = listener }

        /// Ticks that were missed come as one: what is due is due.
        func gridTick(at now: Instant, periods: UInt64) -> Instant {
            listener.beat(at: now)
        }
    }

    private final class Timer: CallTimer {
        private let core: LoopCore
        private let action: (Instant) -> Void
        private var id: TimerID?

        init(on core: LoopCore, _ action: @escaping (Instant) -> Void) {
            self.core = core
            self.action = action
        }

        func set(_ deadline: Deadline) {
            guard let instant = deadline.instant else {
                if let id { core.cancel(id) }
                id = nil
                return
            }
            if let id, core.move(id, to: instant) { return }
            id = core.schedule(at: instant) { [self] now in
                id = nil
                action(now)
                return nil
            }
        }
    }
}
