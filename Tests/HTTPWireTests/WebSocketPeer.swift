import HTTPWire

/// Builds the bytes that a peer sends, right and wrong ones, without any of the code under test.
struct WebSocketPeer {
    /// Which side the peer talks to.
    let role: WebSocketRole
    var key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    enum Length {
        case shortest
        case twoBytes
        case eightBytes
        case claimed(UInt64)
    }

    func text(_ text: String, final: Bool = true) -> [UInt8] { frame(0x1, Array(text.utf8), final: final) }
    func text(_ bytes: [UInt8], final: Bool = true) -> [UInt8] { frame(0x1, bytes, final: final) }
    func binary(_ bytes: [UInt8], final: Bool = true) -> [UInt8] { frame(0x2, bytes, final: final) }
    func more(_ text: String, final: Bool = true) -> [UInt8] { frame(0x0, Array(text.utf8), final: final) }
    func more(_ bytes: [UInt8], final: Bool = true) -> [UInt8] { frame(0x0, bytes, final: final) }
    func ping(_ text: String = "") -> [UInt8] { frame(0x9, Array(text.utf8)) }
    func pong(_ text: String = "") -> [UInt8] { frame(0xA, Array(text.utf8)) }
    func close(_ payload: [UInt8] = []) -> [UInt8] { frame(0x8, payload) }
    func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
        frame(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    func frame(
        _ opcode: UInt8, _ payload: [UInt8] = [], final: Bool = true, reserved: UInt8 = 0, length: Length = .shortest,
        masked: Bool? = nil
    ) -> [UInt8] {
        let masked = masked ?? (role == .server)
        let maskBit: UInt8 = masked ? 0x80 : 0
        var bytes = [(final ? 0x80 : 0) | reserved << 4 | opcode]
        switch (length, payload.count) {
        case (.shortest, ...125): bytes.append(maskBit | UInt8(payload.count))
        case (.twoBytes, _), (.shortest, ...0xFFFF):
            bytes.append(maskBit | 126)
            bytes += bigEndian(UInt64(payload.count), 2)
        case (.eightBytes, _), (.shortest, _):
            bytes.append(maskBit | 127)
            bytes += bigEndian(UInt64(payload.count), 8)
        case (.claimed(let claim), _):
            bytes.append(maskBit | 127)
            bytes += bigEndian(claim, 8)
        }
        guard masked else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $0.element ^ key[$0.offset % 4] }
    }

    private func bigEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
    }
}

/// What a reader made of a peer's bytes, payloads included.
enum Seen: Hashable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
    case violation(WebSocketViolation)

    static func text(_ text: String) -> Seen { .text(Array(text.utf8)) }
    static func ping(_ text: String) -> Seen { .ping(Array(text.utf8)) }
    static func pong(_ text: String) -> Seen { .pong(Array(text.utf8)) }
}

/// A reader and what it saw so far.
struct WebSocketProbe: ~Copyable {
    var reader: WebSocketReader
    var seen: [Seen] = []
    /// How many payloads were delivered in the slice itself.
    var inPlace = 0

    init(role: WebSocketRole, limit: Int = 1 << 20) {
        reader = WebSocketReader(role: role, maximumMessageBytes: limit)
    }

    mutating func feed(_ bytes: some Sequence<UInt8>) {
        var slice = Array(bytes)
        var position = 0
        do throws(WebSocketViolation) {
            while true {
                var span = slice.mutableSpan
                guard let event = try reader.next(in: &span, from: &position) else { break }
                record(event, slice)
            }
        } catch {
            if seen.last != .violation(error) { seen.append(.violation(error)) }
        }
    }

    private mutating func record(_ event: WebSocketEvent, _ slice: [UInt8]) {
        switch event {
        case .text(let place): seen.append(.text(payload(place, slice)))
        case .binary(let place): seen.append(.binary(payload(place, slice)))
        case .ping(let place): seen.append(.ping(payload(place, slice)))
        case .pong(let place): seen.append(.pong(payload(place, slice)))
        case .close(let close): seen.append(.close(close.code, close.reason))
        }
    }

    private mutating func payload(_ place: PayloadPlace, _ slice: [UInt8]) -> [UInt8] {
        switch place {
        case .slice(let range):
            inPlace += 1
            return Array(slice[range])
        case .assembled:
            return reader.withAssembled { $0.copied }
        }
    }
}

/// What a reader sees of `bytes` when they come cut at `cuts`.
func events(_ bytes: [UInt8], role: WebSocketRole, limit: Int = 1 << 20, cuts: [Int] = []) -> [Seen] {
    var probe = WebSocketProbe(role: role, limit: limit)
    var start = 0
    for end in cuts + [bytes.count] {
        probe.feed(bytes[start..<end])
        start = end
    }
    return probe.seen
}

extension Span<UInt8> {
    var copied: [UInt8] {
        // SAFETY: the array copies the bytes and keeps no pointer.
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}

/// Where to cut `count` bytes once: everywhere, or near both ends if they are many.
func cutsToTry(_ count: Int) -> [Int] {
    count <= 500 ? Array(0...count) : Array(0...15) + [count - 1]
}
