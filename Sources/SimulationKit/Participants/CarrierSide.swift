internal import CallCore
internal import CallRuntime
internal import PracticeKit
internal import Timeline

/// The carrier, as a phone tells it of the call that it carries.
protocol StreamCarrier: AnyObject {
    var isLive: Bool { get }
    /// Nothing of the call is left.
    func callEnded()
    func streamEnded()
}

/// The carrier's own view of one call: whether it lives, what follows its stream, and the reports that it sends.
final class CarrierSide: StreamCarrier {
    struct Plan {
        /// Reports come late, in any order, twice, or never.
        var reports: [(status: CallStatus, delay: Duration)] = []
        /// After the stream, before the carrier gives the call up.
        let afterwards: Duration

        init(using dice: inout SeededRandom) {
            for status in [CallStatus.initiated, .ringing, .inProgress, .completed] where dice.happens(0.85) {
                for _ in 0..<(dice.happens(0.15) ? 2 : 1) {
                    reports.append(
                        (status, .milliseconds(dice.below(dice.happens(0.8) ? 1_500 : 20_000))))
                }
            }
            afterwards = .milliseconds(100 + dice.below(dice.happens(0.7) ? 1_000 : 8_000))
        }
    }

    private let call: SimulatedCall
    private let world: World
    private let plan: Plan
    private let report: (CallStatus, Int) -> Void
    private(set) var isLive = true
    private var hasFollowed = false

    /// - Parameter report: A status callback, with a number of its own.
    init(_ call: SimulatedCall, plan: Plan, report: @escaping (CallStatus, Int) -> Void) {
        self.call = call
        self.plan = plan
        self.report = report
        world = call.world
    }

    func callBegan() { send { !$0.isFinal } }

    /// Nothing of the call is left.
    func callEnded() {
        guard isLive else { return }
        isLive = false
        world.note("carrier ends call", call: call.number)
        send(\.isFinal)
    }

    /// Its stream is over, and the bridge is asked what comes next, or the TwiML goes on.
    func streamEnded() {
        guard isLive, !hasFollowed else { return }
        hasFollowed = true
        world.after(plan.afterwards) { [weak self] in self?.callEnded() }
    }

    private func send(_ which: (CallStatus) -> Bool) {
        for (place, entry) in plan.reports.enumerated() where which(entry.status) {
            world.after(entry.delay) { [report] in report(entry.status, place) }
        }
    }
}

/// The carrier's REST API: answers, is slow, fails, or knows of no such call.
final class SimulatedCarrier: CarrierControl, @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    private let world: World
    private var dice: SeededRandom
    private let badness: Double
    var calls: [String: SimulatedCall] = [:]

    init(_ world: World) {
        self.world = world
        dice = world.dice()
        badness = dice.happens(0.5) ? 0.02 : 0.3
    }

    func hangUp(_ name: String) async throws(CarrierControlError) {
        try await act(name, "hang up")
    }

    func redirect(_ name: String, to steps: [CallerStep]) async throws(CarrierControlError) {
        try await act(name, "redirect")
    }

    private func act(_ name: String, _ what: StaticString) async throws(CarrierControlError) {
        let call = calls[name]
        world.note("bridge orders", call: call?.number, "\(what)")
        await world.pause(delay)
        let fails = dice.happens(badness)
        guard let call, let side = call.carrierSide, side.isLive else { throw .gone }
        // An answer may be lost when the order was not.
        if !fails || dice.happens(0.3) {
            world.after(.milliseconds(dice.below(300))) {
                call.phone?.carrierEnds()
                side.callEnded()
            }
        }
        if fails { throw dice.happens(0.5) ? .unavailable("no answer", mayHaveActed: true) : .gone }
    }

    func look(_ name: String) async throws(CarrierControlError) -> CarrierView? {
        let call = calls[name]
        world.note("bridge asks", call: call?.number)
        await world.pause(delay)
        guard !dice.happens(badness) else { throw .unavailable("no answer", mayHaveActed: false) }
        guard let side = call?.carrierSide, !dice.happens(0.03) else { return nil }
        let status: CallStatus = side.isLive || dice.happens(0.1) ? .inProgress : .completed
        return CarrierView(status: status, carrier: CallRecord.Carrier(status: status.rawValue))
    }

    private var delay: Duration {
        .milliseconds(dice.below(dice.happens(1 - badness) ? 300 : 12_000))
    }
}
