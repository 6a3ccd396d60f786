/// The bytes of one input: choices first, then a stream and how it is cut into slices.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// The next byte, or 0 when there is none: a choice.
    mutating func choice() -> UInt8 { bytes.popFirst() ?? 0 }

    /// All that is left.
    mutating func rest() -> [UInt8] {
        defer { bytes = [] }
        return Array(bytes)
    }

    /// All that is left, whole and in slices whose sizes come, in turn, from its first four bytes.
    mutating func stream() -> (whole: [UInt8], slices: [[UInt8]]) {
        let sizes = (0..<4).map { _ in Int(choice()) }
        let whole = rest()
        var slices: [[UInt8]] = []
        var start = 0
        repeat {
            let end = min(whole.count, start + max(1, sizes[slices.count % 4]))
            slices.append(Array(whole[start..<end]))
            start = end
        } while start < whole.count
        return (whole, slices)
    }
}
