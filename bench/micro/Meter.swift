import Glibc

/// Times a body and counts what it takes from the heap.
struct Meter {
    private(set) var nanoseconds = Double.infinity
    /// For each run of the body; nil where nothing counts heap calls.
    private(set) var allocations: Double?
    private let heap: HeapCounter?

    init(heap: HeapCounter?) { self.heap = heap }

    /// The time is the best of many short rounds: what else runs on the machine only ever adds to it.
    mutating func measure(_ body: () -> Void) {
        let runs = runsThatFill(100_000, body)
        for _ in 0..<200 {
            nanoseconds = min(nanoseconds, Double(time(runs, body)) / Double(runs))
        }
        guard let heap else { return }
        let before = heap.calls
        _ = time(10_000, body)
        allocations = Double(heap.calls - before) / 10_000
    }

    private func runsThatFill(_ nanoseconds: Int64, _ body: () -> Void) -> Int {
        var runs = 16
        while time(runs, body) < nanoseconds { runs *= 2 }
        return runs
    }

    private func time(_ runs: Int, _ body: () -> Void) -> Int64 {
        let began = monotonicNanoseconds()
        for _ in 0..<runs { body() }
        return monotonicNanoseconds() - began
    }
}

private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
