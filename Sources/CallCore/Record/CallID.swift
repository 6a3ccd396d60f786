public import Timeline

/// Our own name of a call: a UUID of version 7, so that names sort by the time at which they were made.
public struct CallID: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let bits: UInt128

    private init(bits: UInt128) {
        self.bits = bits
    }

    /// - Parameter random: Two words, of which 74 bits are used.
    public init(at time: UTCTime, random: (UInt64, UInt64)) {
        let milliseconds = UInt128(UInt64(clamping: time.millisecondsSince1970) & 0xFFFF_FFFF_FFFF)
        let high = milliseconds << 16 | 0x7000 | UInt128(random.0 & 0x0FFF)
        let low = UInt128(random.1 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
        bits = high << 64 | low
    }

    public init(at time: UTCTime, using generator: inout some RandomNumberGenerator) {
        self.init(at: time, random: (generator.next(), generator.next()))
    }

    /// Reads what `description` writes, in either case; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let dashes = [8, 13, 18, 23]
        guard text.utf8.count == 36 else { return nil }
        var bits: UInt128 = 0
        for (index, byte) in text.utf8.enumerated() {
            if dashes.contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.value(ofHexDigit: byte) else { return nil }
                bits = bits << 4 | UInt128(digit)
            }
        }
        guard bits >> 76 & 0xF == 7, bits >> 62 & 0x3 == 2 else { return nil }
        self.bits = bits
    }

    public static func < (left: CallID, right: CallID) -> Bool { left.bits < right.bits }

    /// The least that an id made at this time can be.
    public static func least(at time: UTCTime) -> CallID { CallID(at: time, random: (0, 0)) }

    var milliseconds: UInt128 { bits >> 80 }

    /// The 62 random bits at the end.
    var lowBits: UInt128 { bits & Self.lowMask }

    /// Counts on in the random bits, and from there in the time.
    func advanced(by steps: UInt128) -> CallID {
        let random = ((bits >> 64 & 0xFFF) << 62) | lowBits
        let counted = (milliseconds << 74) | random
        let sum = counted &+ steps
        let high = ((sum >> 74) << 16) | 0x7000 | ((sum >> 62) & 0xFFF)
        return CallID(bits: (high << 64) | (0x8 << 60) | (sum & Self.lowMask))
    }

    private static let lowMask: UInt128 = 0x3FFF_FFFF_FFFF_FFFF

    /// `0199d3a1-5c2e-7b40-9f00-1234567890ab`.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(truncatingIfNeeded: bits >> (124 - 4 * nibble)) & 0xF])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(ofHexDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// How somebody names a call: by our id or by the carrier's.
public enum CallReference: Hashable, Sendable, CustomStringConvertible {
    case id(CallID)
    case provider(String)

    public init(_ text: String) {
        self = CallID(text).map { .id($0) } ?? .provider(text)
    }

    public var description: String {
        switch self {
        case .id(let id): id.description
        case .provider(let id): id
        }
    }
}
