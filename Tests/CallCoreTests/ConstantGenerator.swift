/// Draws nothing but its one value: the ends of a range without luck. Not 0, which the standard library's unbiased
/// drawing rejects for ever.
struct ConstantGenerator: RandomNumberGenerator {
    let value: UInt64

    static let lowest = ConstantGenerator(value: 1)
    static let highest = ConstantGenerator(value: .max)

    mutating func next() -> UInt64 { value }
}
