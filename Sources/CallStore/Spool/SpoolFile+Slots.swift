internal import CallCore
internal import Glibc

// Several processes may share one store: each has a spool of its own, and takes over those that nobody holds.
extension SpoolFile {
    private static let slots = 1...8

    private static func name(_ slot: Int, beside database: String) -> String {
        "\(database)-spool\(slot == 1 ? "" : "\(slot)")"
    }

    static func beside(_ database: String, limit: Int) throws(CallStoreError) -> SpoolFile {
        for slot in slots {
            guard let own = try SpoolFile(name(slot, beside: database), limit: limit) else { continue }
            try own.inherit(beside: database) { _ in }
            return own
        }
        throw .unavailable("\(slots.count) processes use this store already")
    }

    /// Takes over what others left that nobody holds by now. Entries have ids, so it does no harm to be cut short in between.
    ///
    /// - Parameter taken: Told of the entries of each file, before they are anywhere else.
    func inherit(beside database: String, taken: ([[UInt8]]) -> Void) throws(CallStoreError) {
        for slot in Self.slots {
            let path = Self.name(slot, beside: database)
            guard path != self.path, Self.holdsEntries(path), let orphan = try SpoolFile(path, limit: limit),
                orphan.count > 0
            else { continue }
            var offset = Self.beginning
            var entries: [[UInt8]] = []
            while offset < orphan.end, let bytes = try orphan.entry(at: offset) {
                entries.append(bytes)
                offset = Self.next(after: bytes, at: offset)
            }
            taken(entries)
            try append(entries)
            try orphan.removeAll()
        }
    }

    /// As far as its size tells.
    private static func holdsEntries(_ path: String) -> Bool {
        var facts = stat()
        // SAFETY: the path is a C string during the call, which writes one structure.
        return unsafe stat(path, &facts) == 0 && facts.st_size > beginning
    }
}
