import Digests

@testable import TurnWire

/// What a server would say.
struct STUNAnswer {
    private(set) var bytes: [UInt8]

    init(to request: STUNMessage, _ kind: STUNClass) {
        let code = STUNKind(request.kind.method, kind).code
        bytes =
            [UInt8(code >> 8), UInt8(truncatingIfNeeded: code), 0, 0, 0x21, 0x12, 0xA4, 0x42]
            + request.transaction.bytes
    }

    mutating func add(_ attribute: STUNAttribute, _ value: [UInt8]) {
        let code = attribute.rawValue
        bytes += [UInt8(code >> 8), UInt8(truncatingIfNeeded: code), 0, UInt8(value.count)] + value
        bytes += repeatElement(0, count: -value.count & 3)
        bytes[3] = UInt8(bytes.count - 20)
    }

    mutating func sign(key: [UInt8]) {
        var head = bytes
        head[3] = UInt8(bytes.count - 20 + 24)
        add(.messageIntegrity, HMAC.sha1(of: head.span, key: key.span))
    }
}
