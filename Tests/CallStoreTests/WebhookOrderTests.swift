import CallCore
import CallStore
import Testing
import Timeline

@Suite("Webhooks in any order")
struct WebhookOrderTests {
    /// What the carrier and the bridge tell of one call, as it happened.
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var reports: [CallStatus]
        /// What the bridge ended the call for; the carrier learns of the end only from it.
        var decides: EndReason?
        var hasStream = false
        let ending: EndReason
    }

    private static let shapes = [
        Shape(
            testDescription: "an incoming call of which only the end is told", reports: [.completed],
            ending: .callerHangup),
        Shape(
            testDescription: "an outgoing call", reports: [.queued, .initiated, .ringing, .inProgress, .completed],
            ending: .callerHangup),
        Shape(testDescription: "busy", reports: [.initiated, .ringing, .busy], ending: .busy),
        Shape(testDescription: "nobody answers", reports: [.initiated, .ringing, .noAnswer], ending: .noAnswer),
        Shape(testDescription: "canceled", reports: [.queued, .canceled], ending: .canceled),
        Shape(testDescription: "failed", reports: [.initiated, .failed], ending: .carrierFailed),
        Shape(
            testDescription: "a bridged call that the caller ends", reports: [.ringing, .inProgress, .completed],
            hasStream: true, ending: .callerHangup),
        Shape(
            testDescription: "a bridged call that the agent ends", reports: [.ringing, .inProgress, .completed],
            decides: .agentHangup, hasStream: true, ending: .agentHangup),
        Shape(
            testDescription: "a bridged call whose upstream fails", reports: [.ringing, .inProgress, .completed],
            decides: .upstreamFailed, hasStream: true, ending: .upstreamFailed),
    ]

    @Test(
        "However a call's messages are ordered and repeated, its record ends the same",
        arguments: shapes, [(StoreKind.memory, 1_000), (.sqliteInMemory, 100)])
    func anyOrder(_ shape: Shape, _ run: (kind: StoreKind, rounds: Int)) async throws {
        try await withStore(run.kind) { store in
            var endings: Set<CallRecord> = []
            for round in 0..<run.rounds {
                var dice = Dice(state: UInt64(round))
                let name = "CA\(round)"
                for facts in messages(of: shape, call: name, using: &dice) { _ = try await store.keep(facts) }
                let record = try #require(try await store.record(of: .provider(name)))
                #expect(record.endReason == shape.ending && record.status == shape.ending.status)
                let kinds = try await store.kinds(of: .provider(name))
                #expect(kinds.count { $0 == .callFinal } == 1 && kinds.count { $0 == .callCreated } == 1)
                endings.insert(bare(record))
            }
            #expect(endings.count == 1)
        }
    }

    /// The record without the names and the time of its opening, which are the first message's.
    private func bare(_ record: CallRecord) -> CallRecord {
        var same = CallRecord(
            id: CallID(at: Sample.time(0), random: (0, 0)), providerCallID: "CA", direction: .inbound, status: .queued,
            createdAt: Sample.time(0))
        var change = CallChange(at: record.endedAt ?? Sample.time(0), record.endReason.map { .finish($0) })
        change.carrier = record.carrier
        change.streamID = record.streamID
        change.quality = record.quality
        if let answered = record.answeredAt {
            _ = same.apply(CallChange(at: answered, .advance(to: .inProgress)))
        }
        _ = same.apply(change)
        return same
    }

    private func messages(of shape: Shape, call: String, using dice: inout Dice) -> [CallFacts] {
        let reports = shape.reports.enumerated().map { report($1, second: $0 + 1, call: call) }
        var bridge: [CallFacts] = []
        if shape.hasStream {
            var start = CallChange(at: Sample.time(2), .advance(to: .inProgress))
            start.streamID = "MZ1"
            bridge.append(told(start, call: call))
            if let reason = shape.decides {
                bridge.append(told(CallChange(at: Sample.time(3), .decide(reason)), call: call))
            }
        }
        // Both sides repeat themselves; the bridge keeps its own order.
        var all = reports.flatMap { Array(repeating: $0, count: 1 + dice.below(3)) }
        dice.shuffle(&all)
        let decision = bridge.count == 2 ? bridge.removeLast() : nil
        for facts in bridge { all.insert(facts, at: dice.below(all.count + 1)) }
        guard let decision else { return all }
        // The carrier ends the call since it is told to, after the bridge has decided.
        let started = all.firstIndex { $0.identity == nil }.map { $0 + 1 } ?? 0
        let final = reports.count - 1
        var others = all.filter { $0.identity != "\(call)/\(final + 1)" }
        let finals = all.filter { $0.identity == "\(call)/\(final + 1)" }
        let place = min(others.count, started) + dice.below(others.count - min(others.count, started) + 1)
        others.insert(decision, at: place)
        for facts in finals { others.insert(facts, at: place + 1 + dice.below(others.count - place)) }
        var quality = CallChange(at: Sample.time(9), .finish(.callerHangup))
        quality.quality = CallQuality()
        others.append(told(quality, call: call))
        return others
    }

    private func report(_ status: CallStatus, second: Int, call: String) -> CallFacts {
        let time = Sample.time(second)
        var change = CallChange(at: time, .carrier(status))
        change.carrier = .init(status: status.rawValue, duration: status == .completed ? .seconds(7) : nil)
        return CallFacts(
            of: .provider(call), by: "carrier", identity: "\(call)/\(second)", orOpen: record(call, .queued),
            [.change(change, .webhook(path: "/twilio/status", status: status.rawValue, at: time))])
    }

    private func told(_ change: CallChange, call: String) -> CallFacts {
        CallFacts(of: .provider(call), by: "call", orOpen: record(call, .inProgress), [.change(change)])
    }

    private func record(_ call: String, _ status: CallStatus) -> CallRecord {
        CallRecord(
            id: CallID(at: Sample.time(0), random: (UInt64(call.dropFirst(2)) ?? 0, 7)), providerCallID: call,
            direction: .inbound, status: status, createdAt: Sample.time(2))
    }
}

private struct Dice {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.dropLast() {
            elements.swapAt(index, index + below(elements.count - index))
        }
    }
}
