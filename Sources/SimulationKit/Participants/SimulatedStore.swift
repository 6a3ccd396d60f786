internal import CallCore
internal import CallStore
internal import PracticeKit
internal import Timeline

/// The store in memory behind a disk that is slow at times, and away at others.
final class SimulatedStore: CallStoring, @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    private let memory = MemoryCallStore()
    private let world: World
    private var dice: SeededRandom
    private let outages: [Range<Instant>]
    private let slowness: Int
    /// Which changes ended a call, and when.
    private(set) var endings: [CallID: [(call: String?, reason: EndReason, at: Instant)]] = [:]

    init(_ world: World, shape: Shape) {
        self.world = world
        dice = world.dice()
        slowness = dice.happens(0.6) ? 2 : 300
        // One, and shorter than a call waits with its last word: what is longer needs a spool.
        let from = World.beginning.advanced(by: .milliseconds(dice.below(Int(shape.length.inSeconds * 1_000))))
        let outage = from..<from.advanced(by: .milliseconds(1 + dice.below(30_000)))
        outages = dice.happens(0.3) ? [outage] : []
    }

    /// Whether the store failed at any time between these two.
    func wasAway(from start: Instant, to end: Instant) -> Bool {
        outages.contains { $0.lowerBound < end && start < $0.upperBound }
    }

    var longestAnswer: Duration { .milliseconds(slowness) }

    private func work<R>(
        _ what: StaticString, _ body: () async throws(CallStoreError) -> R
    ) async throws(CallStoreError) -> R {
        await world.pause(.milliseconds(dice.below(slowness)))
        guard !outages.contains(where: { $0.contains(world.now) }) else {
            world.note("store fails", "\(what)")
            throw .unavailable("the disk is away")
        }
        return try await body()
    }

    func keep(_ facts: CallFacts) async throws(CallStoreError) -> CallKept {
        try await work("keep") { () throws(CallStoreError) in
            let kept = try await memory.keep(facts)
            if case .kept(let record, _, let outcome) = kept {
                for case .finished(let reason) in outcome.effects {
                    endings[record.id, default: []].append((record.providerCallID, reason, world.now))
                    world.note("record is final", "\(record.providerCallID ?? "-") \(reason)")
                }
            }
            return kept
        }
    }

    func erase(_ call: CallReference, at time: UTCTime) async throws(CallStoreError) -> CallErasure {
        try await work("erase") { () throws(CallStoreError) in try await memory.erase(call, at: time) }
    }

    // Read when all is over: at once.

    func record(of call: CallReference) async throws(CallStoreError) -> CallRecord? {
        try await memory.record(of: call)
    }

    func events(of call: CallReference) async throws(CallStoreError) -> [CallEvent]? {
        try await memory.events(of: call)
    }

    func transcript(of call: CallReference) async throws(CallStoreError) -> [TranscriptTurn]? {
        try await memory.transcript(of: call)
    }

    func records(matching filter: CallFilter, page: CallPage.Request) async throws(CallStoreError) -> CallPage {
        try await memory.records(matching: filter, page: page)
    }
}
