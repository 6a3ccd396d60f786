import CallCore
import CallRuntime
import Timeline

/// What a second of the supervisor costs, and what calls pay for being watched.
let supervisorRows: [Benchmark] = [
    Benchmark("supervisor, a look at 1,000 calls", limit: 1_000_000) { meter in
        let now = Instant(nanoseconds: 1_000_000_000)
        let calls = (0..<1_000).map { number in
            let vitals = CallVitals()
            vitals.isDue(.at(now.advanced(by: .milliseconds(number))), in: .bridging, outbox: 0)
            return vitals
        }
        var machine = SupervisorMachine()
        var found = 0
        meter.measure {
            for (number, vitals) in calls.enumerated() {
                let action = machine.look(at: UInt64(number), deadline: vitals.nextDeadline, at: now)
                if action != .none { found += 1 }
            }
            machine.lookEnded()
        }
        keep(found)
    },
    Benchmark("vitals, one frame", limit: 20) { meter in
        let vitals = CallVitals()
        var now = Instant(nanoseconds: 1)
        meter.measure {
            now = now.advanced(byNanoseconds: 20_000_000)
            vitals.frameCame(at: now)
        }
        keep(vitals.reading.phase)
    },
]
