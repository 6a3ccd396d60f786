internal import CallCore
internal import CallStore
internal import PracticeKit
internal import Timeline

/// What the nodes of a world share: the database, as its real tables on a connection in memory, the spools' files, and
/// the disk with its troubles. It outlives every process; what was committed stays.
///
/// The store's threads are each process's own (`ProcessStore`), since they are stopped and killed with it. The files of
/// the spools stand here as what was synced of them: how they are written to a disk, and cut off, is tested elsewhere.
final class SharedDatabase {
    /// One spool's file.
    final class SpoolFile {
        var entries: [[UInt8]] = []
        weak var holder: WorldProcess?

        var isFree: Bool { holder?.isDead ?? true }
    }

    let world: World
    let tables: TurnedDatabase
    var troubles: StoreTroubles
    let witness: StoreWitness
    /// Processes can look whether others live: they are on one host.
    let hasLocks: Bool
    private(set) var spools: [SpoolFile] = []
    /// Whose life each epoch was.
    private var processes: [NodeEpoch: WorldProcess] = [:]
    private var left: [WorldProcess] = []

    init(_ world: World, span: Duration) {
        self.world = world
        var dice = world.dice()
        troubles = StoreTroubles(within: span, using: &dice)
        hasLocks = dice.happens(0.7)
        do throws(CallStoreError) {
            tables = try TurnedDatabase()
        } catch {
            preconditionFailure("the tables cannot be made: \(error.message)")
        }
        witness = StoreWitness(world, tables)
    }

    func begins(_ epoch: NodeEpoch, of process: WorldProcess) {
        if left.contains(where: { $0 === process }) {
            world.violated("who has left answers for nothing", "\(process.name) comes back as epoch \(epoch)")
        }
        processes[epoch] = process
    }

    /// Its process gave the lease back.
    func ends(_ epoch: NodeEpoch) {
        if let process = processes[epoch] { left.append(process) }
        witness.left(epoch)
    }

    func process(of epoch: NodeEpoch) -> WorldProcess? { processes[epoch] }

    func isDead(_ epoch: NodeEpoch) -> Bool { processes[epoch]?.isDead ?? true }

    func lock(of epoch: NodeEpoch) -> LeaseRules.Lock {
        guard hasLocks else { return .missing }
        return isDead(epoch) ? .free : .held
    }

    /// The first that nobody holds, with all that stands in the others.
    func takeSpool(for process: WorldProcess) -> SpoolFile {
        let own = spools.first(where: \.isFree) ?? SpoolFile()
        if !spools.contains(where: { $0 === own }) { spools.append(own) }
        own.holder = process
        _ = takeOrphans(for: own)
        return own
    }

    /// All that stands in others that nobody holds.
    func takeOrphans(for own: SpoolFile) -> [[UInt8]] {
        let orphans = spools.filter { $0 !== own && $0.isFree }
        let entries = orphans.flatMap(\.entries)
        own.entries += entries
        for orphan in orphans { orphan.entries = [] }
        return entries
    }

    var hasNothingSpooled: Bool { spools.allSatisfy(\.entries.isEmpty) }

    /// Whether no other record is open.
    func isSettled(except calls: Set<CallID>) -> Bool {
        let open = (try? tables.openCalls(seenBy: NodeEpoch(0), after: nil, limit: 10_000)) ?? []
        return open.allSatisfy { calls.contains($0.record.id) }
    }
}
