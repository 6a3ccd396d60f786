/// What a mark says that follows audio to the carrier: when it comes back, all up to `end` has been played.
///
/// As text `g7:12:9600`: generation, item, and the end in samples since that generation began.
public struct PlayoutMark: Hashable, Sendable {
    /// What every mark fits into.
    public static let maximumByteCount = 40
    private static let furthestEnd = 1 << 48

    public let generation: PlayoutGeneration
    public let item: PlayoutItem
    public let end: SampleCount

    public init(generation: PlayoutGeneration, item: PlayoutItem, end: SampleCount) {
        self.generation = generation
        self.item = item
        self.end = end
    }

    /// Nil for what is no mark of ours, however it got here.
    public init?(parsing text: Span<UInt8>) {
        var reader = NumberReader()
        let colon = UInt8(ascii: ":")
        guard reader.skip(UInt8(ascii: "g"), in: text),
            let generation = reader.number(in: text, upTo: Int(UInt32.max)), reader.skip(colon, in: text),
            let item = reader.number(in: text, upTo: Int(UInt32.max)), reader.skip(colon, in: text),
            let end = reader.number(in: text, upTo: Self.furthestEnd), reader.place == text.count
        else { return nil }
        self.generation = PlayoutGeneration(number: UInt32(generation))
        self.item = PlayoutItem(number: UInt32(item))
        self.end = SampleCount(end)
    }

    /// Writes the text from `offset` on and returns how many bytes it has.
    ///
    /// - Precondition: There is room for `maximumByteCount`.
    public func write(to target: inout MutableSpan<UInt8>, at offset: Int = 0) -> Int {
        precondition(target.count - offset >= Self.maximumByteCount, "no room for the mark")
        var place = offset
        place.append(UInt8(ascii: "g"), to: &target)
        place.append(decimal: Int(generation.number), to: &target)
        place.append(UInt8(ascii: ":"), to: &target)
        place.append(decimal: Int(item.number), to: &target)
        place.append(UInt8(ascii: ":"), to: &target)
        place.append(decimal: end.rawValue, to: &target)
        return place - offset
    }
}

/// Where reading has got to in a text.
private struct NumberReader {
    private(set) var place = 0

    mutating func skip(_ byte: UInt8, in text: Span<UInt8>) -> Bool {
        guard place < text.count, text[place] == byte else { return false }
        place += 1
        return true
    }

    /// As a mark is written: digits alone, and no zero before others.
    mutating func number(in text: Span<UInt8>, upTo limit: Int) -> Int? {
        let start = place
        var value = 0
        while place < text.count, case 0x30...0x39 = text[place] {
            value = value * 10 + Int(text[place] - 0x30)
            guard value <= limit, place == start || text[start] != 0x30 else { return nil }
            place += 1
        }
        return place == start ? nil : value
    }
}

extension Int {
    /// Writes at the place that this is, and moves on.
    fileprivate mutating func append(_ byte: UInt8, to target: inout MutableSpan<UInt8>) {
        target[self] = byte
        self += 1
    }

    fileprivate mutating func append(decimal value: Int, to target: inout MutableSpan<UInt8>) {
        var divisor = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(value / divisor % 10), to: &target)
            divisor /= 10
        }
    }
}
