internal import CallCore

/// The spool's file, and how much of it the store has taken. On the spool's thread alone, once it was handed there.
final class SpoolReader: @unchecked Sendable {
    // Why @unchecked: made by one thread and then handed to another, which keeps it.

    /// Given to the store at once.
    private static let usualChunk = 64

    private let file: SpoolFile
    /// Where the first entry begins that the store has not taken.
    private var offset = SpoolFile.beginning
    /// What was given to the store last, and where the next one begins.
    private var given = Given(end: SpoolFile.beginning)
    private var chunk = SpoolReader.usualChunk
    /// How many entries the store has not taken.
    private(set) var depth: Int
    /// Of the calls that were in the file at the beginning.
    private(set) var names: [CallReference: Int] = [:]

    init(_ file: SpoolFile) throws(CallStoreError) {
        self.file = file
        depth = file.count
        var offset = SpoolFile.beginning
        while offset < file.end, let bytes = try file.entry(at: offset) {
            for name in (try? SpoolEntry(bytes: bytes))?.facts.names ?? [] { names[name, default: 0] += 1 }
            offset = SpoolFile.next(after: bytes, at: offset)
        }
    }

    func append(_ entries: [SpoolEntry]) throws(CallStoreError) {
        try file.append(entries.map(\.bytes))
        depth += entries.count
    }

    /// Takes over what processes that ended have left, behind what is here.
    func inherit(beside database: String, taken: ([[UInt8]]) -> Void) throws(CallStoreError) {
        let before = file.count
        defer { depth += file.count - before }
        try file.inherit(beside: database, taken: taken)
    }

    /// The first entries that the store has not taken.
    func peek() throws(CallStoreError) -> [SpoolEntry] {
        given = Given(end: offset)
        while given.count < chunk, given.end < file.end {
            guard let bytes = try file.entry(at: given.end) else { throw .corrupt("\(file.path) at \(given.end)") }
            do throws(CallStoreError) {
                given.entries.append(try SpoolEntry(bytes: bytes))
            } catch {
                given.unreadable.append(SpoolRefusal(bytes: bytes, error: error))
            }
            given.end = SpoolFile.next(after: bytes, at: given.end)
        }
        return given.entries
    }

    /// The entry that was given by itself. Otherwise nil, and the next ones are.
    func single() -> SpoolEntry? {
        defer { chunk = 1 }
        return chunk == 1 ? given.entries.first : nil
    }

    /// The store has taken what `peek` gave.
    func drop() -> Given {
        offset = given.end
        depth -= given.count
        defer { given = Given(end: offset) }
        return given
    }

    /// Begins the file anew if the store has taken all of it.
    func tidy() throws(CallStoreError) {
        guard offset >= file.end, offset > SpoolFile.beginning else { return }
        try file.removeAll()
        offset = SpoolFile.beginning
        given = Given(end: offset)
        chunk = Self.usualChunk
    }

    struct Given {
        var entries: [SpoolEntry] = []
        var unreadable: [SpoolRefusal] = []
        var end: Int

        var count: Int { entries.count + unreadable.count }
    }
}
