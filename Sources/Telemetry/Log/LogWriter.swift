internal import Glibc

/// Renders lines into batches and writes them out, waiting for the reader as long as it takes. For one thread.
struct LogWriter {
    private static let batchLimit = 64 * 1_024

    private let descriptor: Int32
    private var renderer: LogRenderer
    private var batch: [UInt8] = []
    private var lines: UInt64 = 0

    init(descriptor: Int32, renderer: LogRenderer) {
        self.descriptor = descriptor
        self.renderer = renderer
    }

    var isBatchFull: Bool { batch.count >= Self.batchLimit }

    mutating func take(_ record: LogRecord) {
        renderer.append(record, to: &batch)
        lines += 1
    }

    /// Writes the batch and returns how many lines were lost because nobody can read them any more.
    mutating func writeOut() -> UInt64 {
        let lost = FileWriting.write(batch.span, to: descriptor) ? 0 : lines
        batch.removeAll(keepingCapacity: true)
        lines = 0
        return lost
    }

    /// Writes one line by itself. False when it was lost.
    mutating func write(_ record: LogRecord) -> Bool {
        take(record)
        return writeOut() == 0
    }
}

/// Whole writes to a descriptor that may be a file, a terminal or a pipe, blocking or not.
public enum FileWriting {
    /// Waits while the reader is slow. False when the rest can never be written: the reader is gone, the disk full.
    ///
    /// The caller's thread must not die of SIGPIPE: blocked, as on a `SystemThread`, or ignored.
    public static func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            // SAFETY: the buffer outlives the call, which reads at most the given count.
            let written = unsafe bytes.extracting(offset...).withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written >= 0 {
                offset += written
            } else if errno == EAGAIN {
                _ = PollDescriptor(descriptor, events: POLLOUT).poll()
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
