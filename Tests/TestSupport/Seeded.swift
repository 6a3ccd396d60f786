internal import Glibc

/// A generator whose seed a failing test names (SplitMix64).
public struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Up to `count` places inside `length` bytes, in order.
    public mutating func cuts(_ count: Int, in length: Int) -> [Int] {
        (0..<count).map { _ in Int.random(in: 0...length, using: &self) }.sorted()
    }

    /// Fixed seeds, and one that is new in each run unless PATCHBAY_SEED names it.
    public static let seeds: [UInt64] = {
        // SAFETY: the environment is not changed while tests run, and the text is read at once.
        let named = unsafe getenv("PATCHBAY_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
        return named.map { [$0] } ?? Array(1...30) + [UInt64.random(in: 31...(.max))]
    }()
}
