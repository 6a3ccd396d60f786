internal import CallCore
internal import CallRuntime
internal import PracticeKit
internal import Timeline

/// One node through its lives, as its plan and whoever looks after it have it.
final class SimulatedNode {
    /// Whoever looks after it tries again that soon.
    private static let failing = Duration.seconds(1)

    let name: String
    let plan: NodePlan
    private unowned let nodes: NodesSimulation
    private let world: World
    /// Every life it had.
    private(set) var lives: [BridgeProcess] = []
    /// A successor starts beside it.
    private var isReplaced = false

    init(_ nodes: NodesSimulation, name: String, plan: NodePlan) {
        self.nodes = nodes
        self.name = name
        self.plan = plan
        world = nodes.world
    }

    /// The last life, while it lasts.
    var current: BridgeProcess? { lives.last.flatMap { $0.process.isDead ? nil : $0 } }

    func begin() {
        world.after(plan.begins) { [self] in start() }
        for (at, happening) in plan.happenings {
            world.at(World.beginning.advanced(by: at)) { [self] in meet(happening) }
        }
    }

    private func start() {
        guard current == nil, !nodes.isOver else { return }
        launch()
    }

    private func launch() {
        nodes.disturbed()
        let life = BridgeProcess(nodes, name: name, number: lives.count + 1, clock: plan.clock)
        lives.append(life)
        life.ready = { [unowned self, unowned life] in
            guard isReplaced else { return }
            isReplaced = false
            for old in lives where old !== life && !old.process.isDead { leave(old, drain: .seconds(5)) {} }
        }
        life.failed = { [unowned self] in world.after(Self.failing) { [self] in start() } }
        life.begin()
    }

    private func meet(_ happening: NodePlan.Happening) {
        guard let life = current else { return }
        nodes.disturbed()
        switch happening {
        case .kill(let again):
            life.die("kill -9")
            startAgain(after: again)
        case .pause(let length):
            guard !life.process.isStopped else { return }
            life.process.stop()
            world.after(length) { [self] in
                nodes.disturbed()
                life.process.goOn()
            }
        case .leave(let drain, let again):
            leave(life, drain: drain) { [self] in
                nodes.disturbed()
                startAgain(after: again)
            }
        case .replace:
            guard life.stage == .serving else { return }
            isReplaced = true
            launch()
        }
    }

    private func leave(_ life: BridgeProcess, drain: Duration, then next: @escaping () -> Void) {
        life.leave(Departure.Limits(lameDuck: plan.lameDuck, drain: drain), listed: plan.listed, then: next)
    }

    private func startAgain(after wait: Duration?) {
        guard let wait else { return }
        world.after(wait) { [self] in start() }
    }

    /// It is looked after: it runs, from now on.
    func recover() {
        for life in lives { life.process.goOn() }
        start()
    }
}

/// Sends what comes in to one of those who say that they are ready. That one is stopped it may not have noticed.
final class Balancer {
    private unowned let nodes: NodesSimulation
    private var dice: SeededRandom

    init(_ nodes: NodesSimulation, dice: SeededRandom) {
        self.nodes = nodes
        self.dice = dice
    }

    func pick() -> BridgeProcess? {
        let listening = nodes.nodes.flatMap(\.lives).filter(\.isListening)
        let awake = listening.filter { !$0.process.isStopped }
        let choice = !awake.isEmpty && dice.happens(0.8) ? awake : listening
        return choice.isEmpty ? nil : choice[dice.below(choice.count)]
    }
}
