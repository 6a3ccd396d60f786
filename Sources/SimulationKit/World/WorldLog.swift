internal import Timeline

/// What happened in a world: always a hash of it, and the words where somebody wants to read them.
struct WorldLog {
    private let isKept: Bool
    private(set) var lines: [String] = []
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var count = 0

    init(isKept: Bool) { self.isKept = isKept }

    /// - Parameters:
    ///   - call: Its number; nil for what concerns all.
    ///   - number: Counts into the hash, as the words do not.
    mutating func add(
        _ what: StaticString, call: Int?, at now: Instant, number: Int, _ words: @autoclosure () -> String
    ) {
        count += 1
        mix(UInt64(bitPattern: now.nanoseconds))
        mix(UInt64(bitPattern: Int64(call ?? -1)))
        mix(UInt64(bitPattern: Int64(number)))
        // SAFETY: each index is one of the buffer's own.
        what.withUTF8Buffer { bytes in for index in bytes.indices { mix(UInt64(unsafe bytes[index])) } }
        guard isKept else { return }
        let words = words()
        lines.append(
            "\(Self.time(now))  \(call.map { "call \($0)" } ?? "world")  \(what)\(words.isEmpty ? "" : "  " + words)")
    }

    private mutating func mix(_ value: UInt64) {
        hash = (hash ^ value) &* 0x0000_0100_0000_01B3
        hash ^= hash >> 29
    }

    /// Seconds since the world began.
    static func time(_ now: Instant) -> String {
        let micros = World.beginning.nanoseconds(to: now) / 1_000
        let text = String(1_000_000 + micros % 1_000_000).dropFirst()
        let seconds = String(micros / 1_000_000)
        return String(repeating: " ", count: max(0, 5 - seconds.count)) + seconds + "." + text
    }
}
