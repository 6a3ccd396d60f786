/// The last hundred delays of one loop. On that loop's thread alone.
struct LagWindow {
    private static let size = 100

    private var delays: [Int64] = []
    private var next = 0

    /// Takes one more and returns the 99th of a hundred: all but the worst one are below it, or it is that.
    mutating func add(_ delay: Int64) -> Int64 {
        if delays.count < Self.size {
            delays.append(delay)
        } else {
            delays[next] = delay
        }
        next = next + 1 == Self.size ? 0 : next + 1
        var worst: Int64 = 0
        var second: Int64 = 0
        for delay in delays {
            if delay > worst {
                second = worst
                worst = delay
            } else if delay > second {
                second = delay
            }
        }
        return second
    }
}
