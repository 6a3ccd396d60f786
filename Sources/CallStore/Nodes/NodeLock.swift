internal import CallCore
internal import Glibc

/// A file that a process keeps locked while it lives, whatever ends it: so others on the host see at once that it is dead.
@safe
final class NodeLock: Sendable {
    let path: String
    private let descriptor: Int32

    /// Nil when it cannot be made, or another process has it; in words why.
    init(_ path: String) throws(Problem) {
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Problem(errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let problem = Problem(errno)
            close(descriptor)
            throw problem
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        Self.remove(path)
        close(descriptor)
    }

    struct Problem: Error {
        let words: String

        fileprivate init(_ number: Int32) {
            // SAFETY: the C library's text lives until the next call on this thread.
            words = unsafe String(cString: strerror(number))
        }
    }

    /// What a lock says of its process.
    static func look(at path: String) -> LeaseRules.Lock {
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return .missing }
        defer { close(descriptor) }
        // Shared, so that two who look at once do not take each other for the one who is looked for.
        return flock(descriptor, LOCK_SH | LOCK_NB) == 0 ? .free : .held
    }

    /// Of a process that is dead.
    static func remove(_ path: String) {
        // SAFETY: the path is a C string during the call.
        unsafe _ = unlink(path)
    }
}
