internal import Glibc

/// Whole files at once.
public enum FileReading {
    public enum Problem: Error, Hashable, Sendable {
        case notFound
        case unreadable(reason: String)
        case tooLarge(limit: Int)

        /// Ends a sentence "… cannot be read:".
        public var message: String {
            switch self {
            case .notFound: "there is no such file"
            case .unreadable(let reason): reason
            case .tooLarge(let limit): "it is larger than \(limit) bytes"
            }
        }
    }

    public static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .notFound : .unreadable(reason: currentReason())
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1_024)
        while true {
            // SAFETY: reads at most as many bytes as the chunk holds.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .unreadable(reason: currentReason())
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    private static func currentReason() -> String {
        // SAFETY: the C library's text lives until the next call on this thread.
        unsafe String(cString: strerror(errno)).lowercased()
    }
}
