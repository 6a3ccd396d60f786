/// What a STUN message is about.
public enum STUNMethod: UInt16, Sendable {
    case binding = 0x001
    case allocate = 0x003
    case refresh = 0x004
}

public enum STUNClass: UInt16, Sendable {
    case request
    case indication
    case success
    case failure
}

/// Method and class share one number, their bits among each other.
struct STUNKind: Hashable {
    let method: STUNMethod
    let kind: STUNClass

    init(_ method: STUNMethod, _ kind: STUNClass) {
        self.method = method
        self.kind = kind
    }

    /// Nil for methods that nobody here asks for.
    init?(code: UInt16) {
        let method = code & 0x000F | code >> 1 & 0x0070 | code >> 2 & 0x0F80
        guard let method = STUNMethod(rawValue: method), let kind = STUNClass(rawValue: code >> 4 & 1 | code >> 7 & 2)
        else { return nil }
        self.init(method, kind)
    }

    var code: UInt16 {
        let (method, kind) = (method.rawValue, kind.rawValue)
        return method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2 | (kind & 1) << 4 | (kind & 2) << 7
    }
}

/// The attributes that are read or written here.
enum STUNAttribute: UInt16 {
    case mappedAddress = 0x0001
    case username = 0x0006
    case messageIntegrity = 0x0008
    case errorCode = 0x0009
    case lifetime = 0x000D
    case realm = 0x0014
    case nonce = 0x0015
    case xorRelayedAddress = 0x0016
    case requestedTransport = 0x0019
    case messageIntegritySHA256 = 0x001C
    case xorMappedAddress = 0x0020
    case software = 0x8022
    case alternateServer = 0x8023
    case fingerprint = 0x8028
}

/// What ties an answer to its request: 96 bits that nobody can guess.
public struct STUNTransaction: Hashable, Sendable {
    public static let byteCount = 12

    let bytes: [UInt8]

    public init(using generator: inout some RandomNumberGenerator) {
        bytes = (0..<Self.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// - Precondition: There are twelve.
    init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount)
        self.bytes = bytes
    }
}

enum STUN {
    static let cookie: UInt32 = 0x2112_A442
    static let headerBytes = 20
    static let integrityBytes = 20
    /// Beside a checksum of other protocols on the same port this cannot be mistaken for one.
    static let fingerprintMask: UInt32 = 0x5354_554E
}
