internal import CLinux
internal import Glibc
public import Timeline

/// Wakes one thread that waits; a signal given before the wait is not lost, several count as one.
public final class WakeSignal: Sendable {
    private let descriptor: Int32

    /// Nil when the system has no descriptor left.
    public init?() {
        descriptor = patchbay_eventfd()
        if descriptor < 0 { return nil }
    }

    deinit {
        close(descriptor)
    }

    public func signal() {
        // Fails only when more signals than 64 bits can count stand unread, and then it is signalled.
        _ = eventfd_write(descriptor, 1)
    }

    /// Waits for a signal, or until the deadline.
    public func wait(until deadline: Deadline = .never) {
        let wait = PollDescriptor(descriptor, events: POLLIN)
        guard wait.poll(until: deadline) else { return }
        var count: eventfd_t = 0
        // SAFETY: writes one counter.
        _ = unsafe eventfd_read(descriptor, &count)
    }
}

/// One descriptor and what is waited for on it.
struct PollDescriptor {
    private let descriptor: Int32
    private let events: Int32

    init(_ descriptor: Int32, events: Int32) {
        self.descriptor = descriptor
        self.events = events
    }

    /// False when the deadline passed first.
    func poll(until deadline: Deadline = .never) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            // Rounded up, so that the wait does not turn into a spin in its last millisecond.
            let milliseconds = deadline.remaining(at: SystemClock.now()).map {
                Int32(clamping: ($0.wholeNanoseconds + 999_999) / 1_000_000)
            }
            // SAFETY: one entry, on this stack.
            let ready = unsafe Glibc.poll(&entry, 1, milliseconds ?? -1)
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }
}
