internal import Glibc

/// Signals that the process serves itself. They are held back in every thread and taken out by the main one, so that no
/// handler ever runs inside other code.
enum Signals {
    enum Request {
        case interrupt, terminate, reload
    }

    /// Before the first thread is made: threads inherit what is held.
    static func hold() {
        var set = served
        // SAFETY: reads one set, writes nothing.
        unsafe _ = pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// For a command that has nothing to end politely: each signal ends it at once.
    static func release() {
        var set = served
        // SAFETY: reads one set, writes nothing.
        unsafe _ = pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Waits for the next request.
    static func next() -> Request {
        var set = served
        var number: Int32 = 0
        while true {
            // SAFETY: reads one set, writes one number.
            guard unsafe sigwait(&set, &number) == 0 else { continue }
            switch number {
            case SIGINT: return .interrupt
            case SIGTERM: return .terminate
            case SIGHUP: return .reload
            default: continue
            }
        }
    }

    private static var served: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
        return set
    }
}
