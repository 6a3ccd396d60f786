internal import Addresses
internal import Digests
internal import Wording

/// One STUN message as it came, its attributes found and none of them believed yet.
struct STUNMessage {
    let kind: STUNKind
    let transaction: STUNTransaction
    private let bytes: [UInt8]
    /// Where the values stand. Of two of a kind the first counts.
    private let places: [UInt16: Range<Int>]

    /// Nil for anything but one whole message of a method that is asked for here, with a right fingerprint if it has one.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= STUN.headerBytes, let length = Self.length(of: bytes), length == bytes.count,
            Self.number(bytes, at: 4) == STUN.cookie, let kind = STUNKind(code: Self.short(bytes, at: 0))
        else { return nil }
        self.kind = kind
        self.bytes = bytes
        transaction = STUNTransaction(Array(bytes[8..<STUN.headerBytes]))
        guard let places = Self.places(in: bytes) else { return nil }
        self.places = places
        guard hasRightFingerprint else { return nil }
    }

    /// How long the message at the beginning of a stream is; nil for what is no STUN message, or not yet enough of one.
    static func length(of bytes: some RandomAccessCollection<UInt8>) -> Int? {
        let head = Array(bytes.prefix(4))
        guard head.count == 4, head[0] & 0xC0 == 0, head[3] & 3 == 0 else { return nil }
        return STUN.headerBytes + Int(short(head, at: 2))
    }

    private static func places(in bytes: [UInt8]) -> [UInt16: Range<Int>]? {
        var places: [UInt16: Range<Int>] = [:]
        var start = STUN.headerBytes
        var isSigned = false
        while start < bytes.count {
            guard start + 4 <= bytes.count else { return nil }
            let (code, count) = (short(bytes, at: start), Int(short(bytes, at: start + 2)))
            let value = start + 4..<start + 4 + count
            guard value.upperBound <= bytes.count else { return nil }
            // What follows the integrity is not covered by it, so it says nothing; but for what closes the message.
            let closes = code == STUNAttribute.fingerprint.rawValue
            if !isSigned || closes, places[code] == nil { places[code] = value }
            if code == STUNAttribute.messageIntegrity.rawValue { isSigned = true }
            start = value.upperBound + (-count & 3)
        }
        return start == bytes.count ? places : nil
    }

    private static func short(_ bytes: [UInt8], at place: Int) -> UInt16 {
        UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
    }

    private static func number(_ bytes: [UInt8], at place: Int) -> UInt32 {
        UInt32(short(bytes, at: place)) << 16 | UInt32(short(bytes, at: place + 2))
    }

    private func place(_ attribute: STUNAttribute, count: Int) -> Int? {
        guard let place = places[attribute.rawValue], place.count == count else { return nil }
        return place.lowerBound
    }

    /// The message up to an attribute, its length as if it ended right behind that.
    private func head(before place: Int, count: Int) -> [UInt8] {
        var head = Array(bytes[..<(place - 4)])
        let length = UInt16(truncatingIfNeeded: place + count - STUN.headerBytes)
        (head[2], head[3]) = (UInt8(length >> 8), UInt8(truncatingIfNeeded: length))
        return head
    }

    private var hasRightFingerprint: Bool {
        guard places[STUNAttribute.fingerprint.rawValue] != nil else { return true }
        guard let place = place(.fingerprint, count: 4), place + 4 == bytes.count else { return false }
        return Self.number(bytes, at: place)
            == CRC32.checksum(of: head(before: place, count: 4)) ^ STUN.fingerprintMask
    }

    // MARK: what it says

    /// False without one, too.
    func isSigned(key: [UInt8]) -> Bool {
        guard let place = place(.messageIntegrity, count: STUN.integrityBytes) else { return false }
        let head = head(before: place, count: STUN.integrityBytes)
        let given = Array(bytes[place..<place + STUN.integrityBytes])
        return ConstantTime.areEqual(HMAC.sha1(of: head.span, key: key.span).span, given.span)
    }

    func value(_ attribute: STUNAttribute) -> [UInt8]? { places[attribute.rawValue].map { Array(bytes[$0]) } }

    func number(_ attribute: STUNAttribute) -> UInt32? {
        place(attribute, count: 4).map { Self.number(bytes, at: $0) }
    }

    var error: STUNError? {
        guard let place = places[STUNAttribute.errorCode.rawValue], place.count >= 4 else { return nil }
        let code = Int(bytes[place.lowerBound + 2] & 7) * 100 + Int(bytes[place.lowerBound + 3])
        // Some pad their words with zeros and count them.
        let words = bytes[place].dropFirst(4).prefix { $0 != 0 }
        return STUNError(code: code, words: PeerText(String(decoding: words, as: UTF8.self)))
    }

    /// An address as it is, or veiled by the message's first bytes, which keeps routers from changing it on the way.
    func address(_ attribute: STUNAttribute) -> TurnPeer? {
        guard let value = value(attribute), value.count >= 8 else { return nil }
        let isVeiled = attribute == .xorMappedAddress || attribute == .xorRelayedAddress
        let veil = isVeiled ? Array(bytes[4..<STUN.headerBytes]) : [UInt8](repeating: 0, count: 16)
        let port = (UInt16(value[2] ^ veil[0]) << 8) | UInt16(value[3] ^ veil[1])
        let address = zip(value.dropFirst(4), veil).map { $0 ^ $1 }
        switch (value[1], address.count) {
        case (1, 4): return TurnPeer(address: IPAddress(v4: Self.number(address, at: 0)), port: port)
        case (2, 16): return TurnPeer(address: IPAddress(bits: address.reduce(0) { $0 << 8 | UInt128($1) }), port: port)
        case (_, _): return nil
        }
    }
}

/// Why a request was refused.
struct STUNError: Hashable {
    let code: Int
    let words: PeerText
}
