/// One row of the table: a piece of the frame path and what it may cost.
///
/// To add rows, write them in a file of your own and name its list in `BenchMicro.rows`.
struct Benchmark: Sendable {
    let name: String
    /// The most nanoseconds that one run of the body may take.
    let limit: Double
    /// Sets up what it needs and hands the body to the meter, once.
    let run: @Sendable (inout Meter) -> Void

    init(_ name: String, limit: Double, run: @escaping @Sendable (inout Meter) -> Void) {
        self.name = name
        self.limit = limit
        self.run = run
    }
}

/// Keeps the optimiser from seeing that nobody needs a result.
@inline(never)
func keep<Value: ~Copyable & ~Escapable>(_ value: borrowing Value) {}
