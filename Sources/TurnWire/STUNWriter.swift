internal import Digests

/// Writes one STUN request.
struct STUNWriter {
    private var bytes: [UInt8] = []

    init(_ method: STUNMethod, _ transaction: STUNTransaction) {
        append(STUNKind(method, .request).code)
        append(UInt16(0))
        append(UInt16(STUN.cookie >> 16))
        append(UInt16(truncatingIfNeeded: STUN.cookie))
        bytes += transaction.bytes
    }

    private mutating func append(_ value: UInt16) {
        bytes += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    mutating func add(_ attribute: STUNAttribute, _ value: some Collection<UInt8>) {
        append(attribute.rawValue)
        append(UInt16(truncatingIfNeeded: value.count))
        bytes += value
        bytes += repeatElement(0, count: -value.count & 3)
        setLength(bytes.count)
    }

    mutating func add(_ attribute: STUNAttribute, number: UInt32) {
        add(attribute, stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) })
    }

    /// What the header says is counted to the end of what is being made, when a digest is taken.
    private mutating func setLength(_ end: Int) {
        let length = UInt16(truncatingIfNeeded: end - STUN.headerBytes)
        (bytes[2], bytes[3]) = (UInt8(length >> 8), UInt8(truncatingIfNeeded: length))
    }

    mutating func sign(key: [UInt8]) {
        setLength(bytes.count + 4 + STUN.integrityBytes)
        add(.messageIntegrity, HMAC.sha1(of: bytes.span, key: key.span))
    }

    /// The whole message; nothing can come behind a fingerprint.
    consuming func finish() -> [UInt8] {
        setLength(bytes.count + 8)
        add(.fingerprint, number: CRC32.checksum(of: bytes) ^ STUN.fingerprintMask)
        return bytes
    }
}
