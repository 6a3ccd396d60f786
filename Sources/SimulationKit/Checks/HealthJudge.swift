internal import FrontDoor
internal import Timeline

/// Looks at what the probes of one life of a node told: each change of what it depends on once, in time, and nothing else.
struct HealthJudge {
    private static let late = "a health change is told in time"
    private static let slack = Duration.milliseconds(500)

    private let life: BridgeProcess
    private let watch: HealthWatch
    private var world: World { life.world }

    init(_ life: BridgeProcess) {
        self.life = life
        watch = life.health
    }

    func judge() {
        for (name, told) in watch.told { judgeTurns(name, told) }
        // One that was stopped was late with all of it.
        guard let began = watch.began, let ended = watch.ended, life.process.lastStop == nil else { return }
        for dependency in watch.dependencies {
            judgeTime(of: dependency, watch.told[dependency.name] ?? [], from: began, to: ended)
        }
    }

    /// It fails, is well again, fails.
    private func judgeTurns(_ name: String, _ told: [HealthWatch.Told]) {
        for (place, change) in told.enumerated() {
            let expected: ComponentHealth.Status = place.isMultiple(of: 2) ? .failing : .ok
            guard change.status != expected else { continue }
            violated("a health change is told once", "\(name) was told to be \(change.status) at \(time(change.at))")
            return
        }
    }

    /// Two rounds that each take their whole limit, the one that was under way, and the answer of the last.
    private var bound: Duration {
        (watch.every + SimulatedDependency.patience) * HealthWatch.failures + SimulatedDependency.patience + Self.slack
    }

    private func judgeTime(
        of dependency: SimulatedDependency, _ told: [HealthWatch.Told], from began: Instant, to ended: Instant
    ) {
        let sick = dependency.spells.filter(\.isSick).map(\.when)
        func status(at moment: Instant) -> ComponentHealth.Status? { told.last { $0.at <= moment }?.status }
        for spell in sick {
            let due = max(spell.lowerBound, began).advanced(by: bound)
            guard due < min(spell.upperBound, ended) else { continue }
            if status(at: due) != .failing {
                violated(Self.late, "\(dependency.name) is sick since \(time(spell.lowerBound))")
            }
        }
        for (place, spell) in sick.enumerated() {
            let until = place + 1 < sick.count ? sick[place + 1].lowerBound : ended
            let due = max(spell.upperBound, began).advanced(by: bound + SimulatedDependency.longestHang)
            guard due < min(until, ended) else { continue }
            if status(at: due) == .failing {
                violated(Self.late, "\(dependency.name) is well since \(time(spell.upperBound))")
            }
        }
        for change in told where change.status == .failing {
            let reach = change.at.advanced(by: .zero - bound - SimulatedDependency.longestHang)..<change.at
            if !sick.contains(where: { $0.overlaps(reach) }) {
                violated("nothing is told to be sick that is well", "\(dependency.name) at \(time(change.at))")
            }
        }
    }

    private func time(_ moment: Instant) -> String { WorldLog.time(moment) }

    private func violated(_ rule: String, _ words: String) { world.violated(rule, "\(life.process.name): \(words)") }
}
