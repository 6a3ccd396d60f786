internal import CLinux
internal import CallCore
internal import Digests
internal import Glibc
internal import Telemetry

/// A file of entries that is only added to, until all of it has been read back and it begins anew. What `append` wrote
/// survives the end of the process and of the machine; an entry that was cut off while it was written is dropped.
///
/// One process holds a file at a time. An entry is its length (4 bytes), the beginning of its digest (8) and its bytes.
final class SpoolFile {
    private static let magic = Array("PBSPOOL1".utf8)
    private static let headBytes = 12
    static let beginning = magic.count
    /// Room that is held on the disk, so that a disk that is full takes some more.
    private static let reserve = 4 << 20

    private let descriptor: Int32
    let path: String
    let limit: Int
    /// Where the next entry begins.
    private(set) var end: Int
    /// Bytes behind the last whole entry that were found, and cut off.
    private(set) var cutOff = 0
    private(set) var count = 0

    /// Nil when another process holds it.
    ///
    /// - Parameter limit: In bytes.
    init?(_ path: String, limit: Int) throws(CallStoreError) {
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open") }
        self.descriptor = descriptor
        self.path = path
        self.limit = limit
        end = Self.beginning
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
        try begin()
    }

    deinit { close(descriptor) }

    private func begin() throws(CallStoreError) {
        let head = try read(at: 0, count: Self.magic.count)
        guard head.isEmpty || Self.magic.starts(with: head) else {
            throw .unavailable("\(path) is no spool of this program")
        }
        if head.count < Self.magic.count { try write(Self.magic, at: 0) }
        while let bytes = try entry(at: end) {
            end += Self.headBytes + bytes.count
            count += 1
        }
        cutOff = max(0, try size() - end)
        if cutOff > 0 { try cut() }
        hold()
    }

    /// Writes entries together and returns once they are on the disk: all of them, or none.
    func append(_ entries: [[UInt8]]) throws(CallStoreError) {
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += lengthBytes(entry.count)
            bytes += Self.digest(entry)
            bytes += entry
        }
        guard end + bytes.count <= limit else { throw .unavailable("the spool holds \(limit >> 20) MiB, which is all") }
        do throws(CallStoreError) {
            try write(bytes, at: end)
            guard fdatasync(descriptor) == 0 else { throw Self.failure("write") }
        } catch {
            // What may have been written in part must not stand before what is written next.
            try? cut()
            throw error
        }
        end += bytes.count
        count += entries.count
    }

    /// The entry that begins there; nil at the end, and where there is no whole one.
    func entry(at offset: Int) throws(CallStoreError) -> [UInt8]? {
        let head = try read(at: offset, count: Self.headBytes)
        guard head.count == Self.headBytes else { return nil }
        let length = head.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= limit else { return nil }
        let bytes = try read(at: offset + Self.headBytes, count: length)
        guard bytes.count == length, Self.digest(bytes).elementsEqual(head.dropFirst(4)) else { return nil }
        return bytes
    }

    static func next(after bytes: [UInt8], at offset: Int) -> Int { offset + headBytes + bytes.count }

    /// Begins anew: everything has been read back.
    func removeAll() throws(CallStoreError) {
        end = Self.beginning
        count = 0
        try cut()
        hold()
    }

    // MARK: the disk

    private func cut() throws(CallStoreError) {
        guard ftruncate(descriptor, end) == 0, fdatasync(descriptor) == 0 else { throw Self.failure("write") }
    }

    /// Not every file system can; then a full disk takes no more.
    private func hold() {
        _ = patchbay_hold_room(descriptor, Self.reserve)
    }

    private func size() throws(CallStoreError) -> Int {
        var facts = stat()
        // SAFETY: writes one structure.
        guard unsafe fstat(descriptor, &facts) == 0 else { throw Self.failure("read") }
        return Int(facts.st_size)
    }

    /// Fewer bytes at the file's end.
    private func read(at offset: Int, count: Int) throws(CallStoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            // SAFETY: reads at most what is left of the buffer.
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(descriptor, buffer.baseAddress! + done, count - done, offset + done)
            }
            if got == 0 { break }
            if got < 0 {
                guard errno == EINTR else { throw Self.failure("read") }
                continue
            }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    private func write(_ bytes: [UInt8], at offset: Int) throws(CallStoreError) {
        var done = 0
        while done < bytes.count {
            // SAFETY: writes at most what is left of the buffer.
            let put = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(descriptor, buffer.baseAddress! + done, bytes.count - done, offset + done)
            }
            if put < 0 {
                guard errno == EINTR else { throw Self.failure("write") }
                continue
            }
            done += put
        }
    }

    private static func failure(_ what: String) -> CallStoreError {
        switch errno {
        case ENOSPC, EDQUOT, EFBIG: return .diskFull
        case EROFS: return .readOnly
        default:
            // SAFETY: the C library's text lives until the next call on this thread.
            let words = unsafe String(cString: strerror(errno)).lowercased()
            return what == "open" ? .cannotOpen(words) : .diskFailed(words)
        }
    }

    private static func digest(_ bytes: [UInt8]) -> ArraySlice<UInt8> { SHA256.digest(of: bytes.span).prefix(8) }
}

/// Four bytes, the least first.
private func lengthBytes(_ count: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
}
