internal import CLinux
internal import Glibc

/// A thread of the operating system, for work that blocks or must own its thread.
public enum SystemThread {
    /// Runs `body` on a new, detached thread with every signal blocked, so that signals stay with the thread that
    /// asked for them. False when the system has no thread left.
    ///
    /// - Parameter name: what tools show; the kernel keeps 15 bytes.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        // SAFETY: retained here for the new thread, which releases it; released here if there is none.
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        var blocked = sigset_t()
        var before = sigset_t()
        // SAFETY: the sets live on this stack during the calls. A mask is inherited, hence set around the creation.
        unsafe sigfillset(&blocked)
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &before)
        // SAFETY: `start` is alive, retained above; the thread gets it as its argument.
        let failed = unsafe pthread_create(&thread, nil, { unsafe SystemThread.enter($0) }, start.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard failed == 0 else {
            // SAFETY: no thread began, so the retain is still this side's.
            unsafe start.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private static func enter(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        // SAFETY: `argument` is the `Start` that `start` retained for this thread alone.
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        // SAFETY: the kernel copies at most 16 bytes of a C string that lives during the call.
        _ = unsafe patchbay_name_thread(start.name)
        start.body()
        return nil
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
