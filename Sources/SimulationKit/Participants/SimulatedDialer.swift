internal import Addresses
internal import CallCore
internal import CallRuntime
internal import PracticeKit
internal import Timeline
internal import UpstreamWire

/// Upstreams as calls reach them: each attempt meets what the call's plan says.
final class SimulatedDialer: UpstreamDialing {
    private let world: World
    private let shape: Shape
    private let shelf: ToneShelf
    var calls: [Int: SimulatedCall] = [:]

    init(_ world: World, shape: Shape, shelf: ToneShelf) {
        self.world = world
        self.shape = shape
        self.shelf = shelf
    }

    func dial(
        _ request: UpstreamConnectRequest, deadline: Deadline, owner: any CallSocketOwner,
        failed: @escaping (UpstreamRefusal) -> Void
    ) -> any UpstreamDial {
        let dial = SimulatedDial()
        guard let (side, number) = AgentSide.named(in: request.url.description), let call = calls[number],
            let attempts = call.plan.agent(side)?.attempts
        else {
            world.violated("an upstream is dialled for nobody", "\(request.url)")
            return dial
        }
        let attempt = call.dials[side.rawValue].count
        call.dials[side.rawValue].append(world.now)
        call.made("an upstream's end", owner)
        let plan = attempts[min(attempt, attempts.count - 1)]
        world.note("bridge dials", call: number, number: attempt, "\(side), attempt \(attempt + 1): \(plan.answer)")
        // Of one that turns out not to be what was asked for it is known when this turn is over.
        world.look { [world] in
            if call.winner != nil { world.violated("one agent has the call", call: number, "another is dialled") }
        }
        call.openDials.removeAll { !$0.isOpen }
        call.openDials.append(dial)
        let limit = deadline.instant ?? .distantFuture
        let isTimely = world.now.advanced(by: plan.wait) < limit
        call.at(isTimely && !plan.answer.isSilence ? world.now.advanced(by: plan.wait) : limit) { [self] in
            guard !dial.isCancelled else { return }
            dial.end()
            guard call.process?.isDead != true else { return failed(.unreachable("the process is dead")) }
            switch plan.answer {
            case .accept where isTimely: accept(plan, call, side, attempt, owner)
            case .refuse(let status) where isTimely:
                failed(.answer(status: status, headers: [:], body: Array("{\"error\":{\"message\":\"no\"}}".utf8)))
            case .accept, .refuse, .unreachable, .silence: failed(.unreachable("no answer"))
            }
        }
        return dial
    }

    private func accept(
        _ plan: UpstreamPlan, _ call: SimulatedCall, _ side: AgentSide, _ attempt: Int, _ owner: any CallSocketOwner
    ) {
        let upstream = SimulatedUpstream(
            call, side, plan: plan, attempt: attempt, shelf: shelf, isFull: shape.isFull)
        call.upstreams.append(upstream)
        upstream.begin(owner)
    }
}

/// An upstream that is being dialled.
final class SimulatedDial: UpstreamDial {
    private(set) var isCancelled = false
    private(set) var isOver = false

    func cancel() { isCancelled = true }
    func end() { isOver = true }

    /// The bridge still waits for it.
    var isOpen: Bool { !isCancelled && !isOver }
}

extension UpstreamPlan.Answer {
    fileprivate var isSilence: Bool {
        switch self {
        case .silence: true
        case .refuse, .unreachable, .accept: false
        }
    }
}
