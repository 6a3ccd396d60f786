import Glibc

/// What each piece of the frame path costs by itself: nanoseconds and heap calls for each 20 ms frame.
///
///     bench-micro [--gate-times] [--lines] [WORD...]    rows whose name has one of the words
///
/// Heap calls are counted where `malloc-counter.so` is preloaded; `bench/run micro` does that. Exit: 0 all holds, 1 a row
/// took memory (or, with --gate-times, too long), 2 usage.
@main
struct BenchMicro {
    static let rows: [Benchmark] =
        mediaCoreRows + mediaCodecsRows + carrierWireRows + upstreamWireRows + callLineRows + supervisorRows

    static func main() {
        var gatesTimes = false
        var showsLines = false
        var words: [String] = []
        for argument in CommandLine.arguments.dropFirst() {
            switch argument {
            case "--gate-times": gatesTimes = true
            case "--lines": showsLines = true
            case _ where argument.hasPrefix("-"): usage()
            default: words.append(argument)
            }
        }
        let chosen = rows.filter { row in words.isEmpty || words.contains { row.name.contains($0) } }
        guard !chosen.isEmpty else { usage() }

        let heap = HeapCounter()
        var fails = false
        if !showsLines { print(line("ns", "limit", "heap calls", "per 20 ms frame")) }
        for row in chosen {
            var meter = Meter(heap: heap)
            row.run(&meter)
            let takesMemory = meter.allocations.map { $0 != 0 } ?? false
            let isSlow = meter.nanoseconds > row.limit
            fails = fails || takesMemory || (gatesTimes && isSlow)
            let time = tenths(meter.nanoseconds)
            let calls = meter.allocations.map { tenths($0) } ?? "-"
            if showsLines {
                print("\(row.name)\t\(time)\t\(tenths(row.limit))\t\(meter.allocations.map { "\($0)" } ?? "-")")
            } else {
                let verdict = takesMemory ? "  TAKES MEMORY" : isSlow ? "  OVER ITS LIMIT" : ""
                print(line(time, tenths(row.limit), calls, row.name + verdict))
            }
        }
        if heap == nil && !showsLines { print("Heap calls are not counted here: run  bench/run micro") }
        exit(fails ? 1 : 0)
    }

    private static func line(_ time: String, _ limit: String, _ calls: String, _ name: String) -> String {
        [(time, 9), (limit, 9), (calls, 12)].map { text, width in
            String(repeating: " ", count: max(0, width - text.utf8.count)) + text
        }.joined() + "  " + name
    }

    private static func tenths(_ value: Double) -> String {
        "\((value * 10).rounded() / 10)"
    }

    private static func usage() -> Never {
        print("usage: bench-micro [--gate-times] [--lines] [WORD...]")
        print("rows: \(rows.map(\.name).joined(separator: ", "))")
        exit(2)
    }
}
