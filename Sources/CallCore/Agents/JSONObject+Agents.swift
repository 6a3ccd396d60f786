internal import JSONWire
internal import Timeline
internal import Wording

// What members of agents and numbers are, beyond JSON's own kinds. Nil where a member is missing or null.
extension JSONObject {
    private static let longestSeconds = 86_400.0

    func optionalWord<Word: RawRepresentable<String>>(_ name: String) throws(JSONError) -> Word? {
        guard let text = try optionalString(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw .invalidValue(name) }
        return word
    }

    func optionalSeconds(_ name: String) throws(JSONError) -> Duration? {
        guard let seconds = try optionalNumber(name) else { return nil }
        guard (0...Self.longestSeconds).contains(seconds) else { throw .invalidValue(name) }
        return .seconds(seconds)
    }

    func optionalCount(_ name: String, in range: ClosedRange<Int64>) throws(JSONError) -> Int? {
        guard let count = try optionalInteger(name) else { return nil }
        guard range.contains(count) else { throw .invalidValue(name) }
        return Int(count)
    }

    func optionalStrings(_ name: String) throws(JSONError) -> [String]? {
        guard let values = try optionalArray(name) else { return nil }
        var strings: [String] = []
        for (index, value) in values.enumerated() {
            guard case .string(let string) = value else {
                throw .wrongType("\(name)[\(index)]", expected: .string, found: value.kind)
            }
            strings.append(string)
        }
        return strings
    }

    func optionalObjects<Value>(
        _ name: String, _ read: (JSONObject) throws(JSONError) -> Value
    ) throws(JSONError) -> [Value]? {
        guard let values = try optionalArray(name) else { return nil }
        var objects: [Value] = []
        for (index, value) in values.enumerated() {
            guard case .object(let object) = value else {
                throw .wrongType("\(name)[\(index)]", expected: .object, found: value.kind)
            }
            do throws(JSONError) {
                objects.append(try read(object))
            } catch {
                throw error.inside("\(name)[\(index)]")
            }
        }
        return objects
    }

    /// A number that can be dialled: a plus sign and 2 to 15 digits, of which the first is not 0.
    func optionalPhoneNumber(_ name: String) throws(JSONError) -> PhoneNumber? {
        guard let text = try optionalString(name) else { return nil }
        guard Self.isDialable(text) else { throw .invalidValue(name) }
        return PhoneNumber(text)
    }

    static func isDialable(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "+") && (2...15).contains(digits.count)
            && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// What agents are called: up to 64 letters, digits, `-`, `_` and `.`.
    func optionalIdentifier(_ name: String) throws(JSONError) -> String? {
        guard let text = try optionalString(name) else { return nil }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(text.utf8.count) else { throw .invalidValue(name) }
        return text
    }
}
