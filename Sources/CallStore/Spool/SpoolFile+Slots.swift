internal import CallCore
internal import Glibc

// Several processes may share one store: each has a spool of its own, and takes over those that nobody holds.
extension SpoolFile {
    private static let slots = 1...8

    static func beside(_ database: String, limit: Int) throws(CallStoreError) -> SpoolFile {
        func name(_ slot: Int) -> String { "\(database)-spool\(slot == 1 ? "" : "\(slot)")" }
        var own: SpoolFile?
        for slot in slots {
            let path = name(slot)
            if let mine = own {
                // SAFETY: the path is a C string during the call.
                guard unsafe access(path, F_OK) == 0, let orphan = try SpoolFile(path, limit: limit) else { continue }
                try mine.inherit(orphan)
            } else {
                own = try SpoolFile(path, limit: limit)
            }
        }
        guard let own else { throw .unavailable("\(slots.count) processes use this store already") }
        return own
    }

    /// Entries have ids, so it does no harm to be cut short in between.
    private func inherit(_ other: SpoolFile) throws(CallStoreError) {
        guard other.count > 0 else { return }
        var offset = Self.beginning
        var entries: [[UInt8]] = []
        while offset < other.end, let bytes = try other.entry(at: offset) {
            entries.append(bytes)
            offset = Self.next(after: bytes, at: offset)
        }
        try append(entries)
        try other.removeAll()
    }
}
