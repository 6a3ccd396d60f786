internal import Glibc

/// Whole writes to a descriptor that may be a file, a terminal or a pipe, blocking or not.
public enum FileWriting {
    public enum Outcome: Hashable, Sendable {
        case written
        /// Nobody will ever read it.
        case readerGone
        /// In the system's words: the disk is full, the descriptor closed.
        case failed(reason: String)
    }

    /// Waits while the reader is slow.
    ///
    /// The caller's thread must not die of SIGPIPE: blocked, as on a `SystemThread`, or ignored.
    public static func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Outcome {
        var offset = 0
        while offset < bytes.count {
            // SAFETY: the buffer outlives the call, which reads at most the given count.
            let written = unsafe bytes.extracting(offset...).withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written >= 0 {
                offset += written
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: _ = PollDescriptor(descriptor, events: POLLOUT).poll()
            case EPIPE: return .readerGone
            // SAFETY: the C library's text lives until the next call on this thread.
            case let code: return .failed(reason: unsafe String(cString: strerror(code)).lowercased())
            }
        }
        return .written
    }
}
