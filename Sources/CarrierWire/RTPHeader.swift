/// The head of an RTP packet (RFC 3550), as far as a media socket needs it.
public struct RTPHeader: Hashable, Sendable {
    public static let byteCount = 12

    public let payloadType: UInt8
    public let source: UInt32
    public private(set) var sequence: UInt16 = 0
    public private(set) var timestamp: UInt32 = 0

    public init(payloadType: UInt8, source: UInt32) {
        self.payloadType = payloadType & 0x7F
        self.source = source
    }

    /// Writes the head of the next packet to the front of `target` and goes on by what the packet lasts.
    ///
    /// - Precondition: There is room for `byteCount`.
    public mutating func writeNext(lasting ticks: UInt32, into target: inout MutableSpan<UInt8>) {
        precondition(target.count >= Self.byteCount, "no room for an RTP header")
        target[0] = 0x80
        target[1] = payloadType
        for place in 0..<2 { target[2 + place] = UInt8(truncatingIfNeeded: sequence >> (8 - 8 * place)) }
        for place in 0..<4 {
            target[4 + place] = UInt8(truncatingIfNeeded: timestamp >> (24 - 8 * place))
            target[8 + place] = UInt8(truncatingIfNeeded: source >> (24 - 8 * place))
        }
        sequence &+= 1
        timestamp &+= ticks
    }

    /// Where the payload of an RTP packet stands; nil for what is no RTP.
    static func payload(in packet: Span<UInt8>) -> Range<Int>? {
        guard packet.count >= byteCount, packet[0] >> 6 == 2 else { return nil }
        var start = byteCount + 4 * Int(packet[0] & 0x0F)
        if packet[0] & 0x10 != 0 {
            guard start + 4 <= packet.count else { return nil }
            start += 4 + 4 * (Int(packet[start + 2]) << 8 | Int(packet[start + 3]))
        }
        var end = packet.count
        if packet[0] & 0x20 != 0 { end -= Int(packet[packet.count - 1]) }
        return start <= end && end <= packet.count ? start..<end : nil
    }
}
