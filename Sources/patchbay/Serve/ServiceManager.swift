internal import Glibc
internal import Telemetry

/// Tells the service manager that started the process how it is, where it asked to be told: systemd's `Type=notify` and
/// `WatchdogSec`. Lines to a datagram socket; nothing of it can hold anybody up.
struct ServiceManager: Sendable {
    private let path: String
    /// It ends a process that is silent for this long; nil where it does not.
    let watchdog: Duration?

    /// Nil where nobody wants to be told.
    init?(environment: (String) -> String?, process: pid_t = getpid()) {
        // An abstract address begins with @.
        guard let path = environment("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@"),
            path.utf8.count < Self.longestPath
        else { return nil }
        self.path = path
        let isOurs = environment("WATCHDOG_PID").map { $0 == String(process) } ?? true
        watchdog = environment("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { microseconds in
            isOurs && microseconds > 0 ? .microseconds(microseconds) : nil
        }
    }

    func ready(_ status: String) { tell("READY=1\nSTATUS=\(status)") }
    func stopping(_ status: String) { tell("STOPPING=1\nSTATUS=\(status)") }
    func isAlive() { tell("WATCHDOG=1") }
    func status(_ status: String) { tell("STATUS=\(status)") }

    private static var longestPath: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) }

    private func tell(_ lines: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // SAFETY: `init` made sure that the path fits and leaves a zero behind it.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in bytes.enumerated() { unsafe place[index] = byte }
            if bytes.first == UInt8(ascii: "@") { unsafe place[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(lines.utf8)
        // SAFETY: address and text live during the call, which writes neither.
        _ = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe sendto(
                    descriptor, text, text.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), address,
                    length)
            }
        }
    }
}
