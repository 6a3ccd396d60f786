internal import JSONWire

// What the messages of all carriers have in common, once they are known to be no audio.

extension CarrierTrack {
    /// Media says `inbound` where digits say `inbound_track`.
    init(word: String) {
        switch word {
        case "inbound", "inbound_track": self = .inbound
        case "outbound", "outbound_track": self = .outbound
        default: self = .other
        }
    }
}

extension CarrierDigit {
    init(_ dtmf: JSONObject, _ origin: CarrierOrigin) throws(JSONError) {
        let digit = try dtmf.string("digit")
        guard digit.utf8.count == 1, let first = digit.first, "0123456789*#ABCD".contains(first) else {
            throw .invalidValue("digit")
        }
        self.init(digit: first, track: try dtmf.optionalString("track").map(CarrierTrack.init(word:)), origin: origin)
    }
}

extension CarrierMediaFormat {
    init(_ format: JSONObject, sampleRate name: String) throws(JSONError) {
        guard let sampleRate = try format.decimal(name) else { throw .missing(name) }
        self.init(
            encoding: try format.string("encoding"), sampleRate: sampleRate,
            channels: try format.decimal("channels") ?? 1)
    }
}

extension JSONObject {
    /// A whole number, as JSON number or as a string of digits: carriers use both.
    func decimal(_ name: String) throws(JSONError) -> Int64? {
        switch self[name] {
        case nil, .null: return nil
        case .number(let number):
            guard let value = Int64(number.text), value >= 0 else { throw .invalidValue(name) }
            return value
        case .string(let digits):
            let isDigits = digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard isDigits, let value = Int64(digits) else { throw .invalidValue(name) }
            return value
        case let other?: throw .wrongType(name, expected: .string, found: other.kind)
        }
    }

    /// All members, which must be strings.
    func texts() throws(JSONError) -> [String: String] {
        var texts: [String: String] = [:]
        for member in members {
            guard let text = member.value.text else {
                throw .wrongType(member.name, expected: .string, found: member.value.kind)
            }
            texts[member.name] = text
        }
        return texts
    }
}

extension JSONValue {
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
