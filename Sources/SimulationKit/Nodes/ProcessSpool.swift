internal import CallCore
internal import CallStore
internal import PracticeKit
internal import Timeline

/// One process's spool: takes entries one after the other, each kept once it is synced, and gives them to the database in
/// their order once that takes them. What it does with its file and the database is what `Spool` does with its thread.
final class ProcessSpool {
    /// After a failure, before the database is tried again; and entries at once.
    private static let pause = Duration.milliseconds(250)
    private static let chunk = 64
    /// Between two looks at what processes left that have ended since.
    private static let inheriting = Duration.seconds(30)

    private let process: WorldProcess
    private let database: SharedDatabase
    private let file: SharedDatabase.SpoolFile
    private var dice: SeededRandom
    private var names: [CallReference: Int] = [:]
    private var lastSync = Instant.zero
    private var isReplaying = false
    /// Told of what came of a replay: it shows how the database is.
    var replayed: (CallStoreError?) -> Void = { _ in }
    /// This process's.
    var epoch: NodeEpoch?

    init(_ process: WorldProcess, _ database: SharedDatabase) {
        self.process = process
        self.database = database
        dice = process.world.dice()
        file = database.takeSpool(for: process)
        for entry in file.entries.compactMap({ try? SpoolEntry(bytes: $0) }) { count(entry, 1) }
        if !file.entries.isEmpty { process.after(.zero) { [self] in replay() } }
        process.after(Self.inheriting) { [weak self] in self?.inherit() }
    }

    private func inherit() {
        guard !process.isDead else { return }
        process.after(Self.inheriting) { [weak self] in self?.inherit() }
        guard database.troubles.hasSpool(at: world.now) else { return }
        let entries = database.takeOrphans(for: file)
        for entry in entries.compactMap({ try? SpoolEntry(bytes: $0) }) { count(entry, 1) }
        if !entries.isEmpty { replaySoon(after: .zero) }
    }

    var depth: Int { file.entries.count }
    private var world: World { process.world }

    func holds(_ references: [CallReference]) -> Bool {
        !names.isEmpty && references.contains { names[$0] != nil }
    }

    private func count(_ entry: SpoolEntry, _ change: Int) {
        for name in entry.facts.names {
            let count = (names[name] ?? 0) + change
            names[name] = count > 0 ? count : nil
        }
    }

    /// From now on nothing of that call overtakes it. Told once it is synced, or was not.
    func put(_ entry: SpoolEntry, told: @escaping (CallStoreError?) -> Void) {
        count(entry, 1)
        let wait = Duration.microseconds(100 + dice.below(dice.happens(0.9) ? 3_000 : 300_000))
        let due = max(world.now.advanced(by: wait), lastSync.advanced(byNanoseconds: 1))
        lastSync = due
        process.at(due) { [self] in
            guard !process.isDead else { return told(.unavailable("the process is dead")) }
            guard database.troubles.hasSpool(at: world.now) else {
                count(entry, -1)
                return told(.diskFull)
            }
            world.note("spooled", number: file.entries.count)
            file.entries.append(entry.bytes)
            process.after(.microseconds(dice.below(2_000))) { [self] in told(process.isDead ? .timedOut : nil) }
            replaySoon(after: .zero)
        }
    }

    private func replaySoon(after wait: Duration) {
        guard !isReplaying else { return }
        isReplaying = true
        process.after(wait + .microseconds(dice.below(5_000))) { [self] in replay() }
    }

    private func replay() {
        isReplaying = true
        guard !process.isDead, !file.entries.isEmpty else {
            isReplaying = false
            return
        }
        let entries = file.entries.prefix(Self.chunk).compactMap { try? SpoolEntry(bytes: $0) }
        let failure = give(entries)
        replayed(failure)
        guard failure == nil else {
            isReplaying = false
            return replaySoon(after: Self.pause)
        }
        // A crash in between has them given once more.
        process.after(.microseconds(100 + dice.below(20_000))) { [self] in
            isReplaying = false
            guard !process.isDead else { return }
            file.entries.removeFirst(entries.count)
            for entry in entries { count(entry, -1) }
            if !file.entries.isEmpty { replaySoon(after: .zero) }
        }
    }

    private func give(_ entries: [SpoolEntry]) -> CallStoreError? {
        switch database.troubles.trouble(at: world.now) {
        case .locked: return .locked
        case .away: return .diskFailed("it is away")
        case .slow, nil: break
        }
        do throws(CallStoreError) {
            world.note("spool replays", number: entries.count)
            let refused = try database.tables.replay(entries, openedBy: epoch)
            if refused > 0 { world.violated("what was promised is kept", "\(refused) entries of a spool were refused") }
            for entry in entries { database.witness.replayed(entry) }
            return nil
        } catch {
            world.violated("the database works", "\(error.message)")
            return error
        }
    }
}
