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
        let dial = Dial()
        // The call's number is its agent's model.
        let digits = request.url.description.reversed().prefix { $0.isNumber }.reversed()
        guard let call = Int(String(digits)).flatMap({ calls[$0] }) else {
            world.violated("an upstream is dialled for nobody", "\(request.url)")
            return dial
        }
        let attempt = call.dials.count
        call.dials.append(world.now)
        call.made("an upstream's end", owner)
        let plan = call.plan.attempts[min(attempt, call.plan.attempts.count - 1)]
        world.note("bridge dials", call: call.number, number: attempt, "attempt \(attempt + 1): \(plan.answer)")
        let limit = deadline.instant ?? .distantFuture
        let isTimely = world.now.advanced(by: plan.wait) < limit
        call.at(isTimely && !plan.answer.isSilence ? world.now.advanced(by: plan.wait) : limit) { [self] in
            guard !dial.isCancelled else { return }
            guard call.process?.isDead != true else { return failed(.unreachable("the process is dead")) }
            switch plan.answer {
            case .accept where isTimely: accept(plan, call, attempt, owner)
            case .refuse(let status) where isTimely:
                failed(.answer(status: status, headers: [:], body: Array("{\"error\":{\"message\":\"no\"}}".utf8)))
            case .accept, .refuse, .unreachable, .silence: failed(.unreachable("no answer"))
            }
        }
        return dial
    }

    private func accept(_ plan: UpstreamPlan, _ call: SimulatedCall, _ attempt: Int, _ owner: any CallSocketOwner) {
        let upstream = SimulatedUpstream(call, plan: plan, attempt: attempt, shelf: shelf, isFull: shape.isFull)
        call.upstreams.append(upstream)
        upstream.begin(owner)
    }

    private final class Dial: UpstreamDial {
        var isCancelled = false
        func cancel() { isCancelled = true }
    }
}

extension UpstreamPlan.Answer {
    fileprivate var isSilence: Bool {
        switch self {
        case .silence: true
        case .refuse, .unreachable, .accept: false
        }
    }
}
