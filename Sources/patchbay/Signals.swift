internal import Commands
internal import Glibc
internal import Telemetry

/// Signals that the process serves itself. They are held back in every thread and taken out by one of their own, so that
/// no handler ever runs inside other code.
enum Signals {
    enum Request: Sendable {
        case interrupt, terminate, reload
    }

    /// Before the first thread is made: threads inherit what is held.
    static func hold() {
        var set = served
        // SAFETY: reads one set, writes nothing.
        unsafe _ = pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Nobody could ask the process to end.
    struct Unheard: CommandFailure {
        let message = "the system has no thread left to wait for signals"
        let exitCode = ExitCode.temporary
    }

    /// What is asked of the process, from now on. To be called once.
    static func requests() throws(Unheard) -> AsyncStream<Request> {
        let (stream, continuation) = AsyncStream.makeStream(of: Request.self)
        // Lives as long as the process: there is nothing to wait for once nobody listens.
        let isHeard = SystemThread.start(name: "signals") {
            while true { continuation.yield(next()) }
        }
        guard isHeard else { throw Unheard() }
        return stream
    }

    private static func next() -> Request {
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
