/// An IPv4 or IPv6 address. An IPv4 address and its IPv6-mapped form are the same value, as they are the same peer.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// As IPv6; IPv4 stands in `::ffff:0:0/96`.
    public let bits: UInt128

    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    public init(bits: UInt128) {
        self.bits = bits
    }

    public init(v4 bits: UInt32) {
        self.bits = Self.mappedPrefix | UInt128(bits)
    }

    /// Dotted IPv4 without leading zeros, or IPv6 without brackets and zone; nil for anything else.
    public init?(_ text: some StringProtocol) {
        if let v4 = Self.parseV4(text.utf8) {
            self.init(v4: v4)
        } else if let bits = Self.parseV6(text.utf8) {
            self.init(bits: bits)
        } else {
            return nil
        }
    }

    public var isV4: Bool { bits >> 32 == 0xFFFF }

    public var isUnspecified: Bool { bits == 0 || bits == Self.mappedPrefix }

    public var isLoopback: Bool {
        isV4 ? UInt32(truncatingIfNeeded: bits) >> 24 == 127 : bits == 1
    }

    public var description: String {
        guard !isV4 else {
            return stride(from: 24, through: 0, by: -8).map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
        }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        guard let zeros = Self.longestZeros(groups) else { return Self.joined(groups[...]) }
        return "\(Self.joined(groups[..<zeros.lowerBound]))::\(Self.joined(groups[zeros.upperBound...]))"
    }

    private static func joined(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The run that `::` stands for: the longest of two or more, the first of equals.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start >= 2, index - start > best?.count ?? 0 { best = start..<index }
            start = index + 1
        }
        return best
    }

    private static func parseV4(_ text: some Collection<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
                part.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let value = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bits = bits << 8 | UInt32(value)
        }
        return bits
    }

    private static func parseV6(_ text: some Collection<UInt8>) -> UInt128? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Array($0) }
        guard (3...9).contains(parts.count) else { return nil }
        // `::` splits into one empty part inside, two at an end.
        let gaps = parts.indices.dropFirst().dropLast().filter { parts[$0].isEmpty }
        guard gaps.count <= 1 || parts.allSatisfy(\.isEmpty) && parts.count == 3 else { return nil }
        guard let gap = gaps.first else { return groups(parts).flatMap { $0.count == 8 ? number($0) : nil } }
        let before = parts[0].isEmpty && gap == 1 ? [] : Array(parts[..<gap])
        let after = parts.last!.isEmpty && gap == parts.count - 2 ? [] : Array(parts[(gap + 1)...])
        guard let head = groups(before, mayEndInV4: false), let tail = groups(after), head.count + tail.count < 8 else {
            return nil
        }
        return number(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// The parts as groups of 16 bits; a dotted IPv4 address at the end is two of them.
    private static func groups(_ parts: [[UInt8]], mayEndInV4: Bool = true) -> [UInt16]? {
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, let v4 = parseV4(part) {
                groups += [UInt16(v4 >> 16), UInt16(v4 & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.count), part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-"),
                let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups
    }

    private static func number(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

/// All addresses that share a prefix: `10.0.0.0/8`, `fd00::/8`, or a single one.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let network: IPAddress
    private let freeBits: Int

    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let width = first.contains(":") ? 128 : 32
        var prefix = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let given = Int(parts[1]), given <= width
            else { return nil }
            prefix = given
        }
        freeBits = width - prefix
        network = IPAddress(bits: (address.bits >> freeBits) << freeBits)
    }

    public func contains(_ address: IPAddress) -> Bool {
        (address.bits ^ network.bits) >> freeBits == 0
    }

    public var description: String {
        let width = network.isV4 && freeBits <= 32 ? 32 : 128
        return freeBits == 0 ? network.description : "\(network)/\(width - freeBits)"
    }
}
