internal import FrontDoor
internal import Glibc
internal import Telemetry

/// Whether the disk under a folder has room for what the node writes.
struct DiskSpace: Sendable {
    /// Below it a node has hours at best until it can store nothing more.
    static let least = 256 << 20

    let folder: String
    let least: Int

    init(under folder: String, least: Int = DiskSpace.least) {
        self.folder = folder
        self.least = least
    }

    /// Asks on a thread of its own: a network disk that has gone away answers nobody, and would hold whoever asks.
    func check() async throws(ProbeFailure) {
        let result: Result<Void, ProbeFailure> = await withCheckedContinuation { continuation in
            let isAsked = SystemThread.start(name: "disk-space") {
                continuation.resume(returning: Result { () throws(ProbeFailure) in try look() })
            }
            if !isAsked {
                continuation.resume(returning: .failure(ProbeFailure("the system has no thread left to look")))
            }
        }
        try result.get()
    }

    private func look() throws(ProbeFailure) {
        var facts = statvfs()
        // SAFETY: the path is a C string during the call, which writes one structure.
        guard unsafe statvfs(folder, &facts) == 0 else {
            // SAFETY: the C library's text lives until the next call on this thread.
            throw ProbeFailure("cannot look at \(folder): \(unsafe String(cString: strerror(errno)).lowercased())")
        }
        guard facts.f_flag & UInt(ST_RDONLY) == 0 else {
            throw ProbeFailure("the disk under \(folder) can only be read")
        }
        let free = Int(clamping: UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize)).0)
        guard free >= least else {
            throw ProbeFailure("only \(free >> 20) MiB are left on the disk under \(folder)")
        }
    }
}
