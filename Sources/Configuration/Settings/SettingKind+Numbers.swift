internal import Timeline
internal import Wording

extension SettingKind<Int> {
    static func integer(_ range: ClosedRange<Int>) -> SettingKind {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return SettingKind(
            expected: expected,
            read: { (text) throws(Unfit) in
                guard let value = Int(text), range.contains(value) else { throw Unfit(expected: expected) }
                return value
            },
            readNode: { (node) throws(Unfit) in
                guard case .integer(let number) = node.value, let value = Int(exactly: number), range.contains(value)
                else { throw Unfit(expected: expected) }
                return value
            },
            show: { value, json in json.integer(value) })
    }

    /// A rate or a number of things; 0 switches it off.
    static let limit = integer(0...1_000_000)
    /// How long something is kept; 0 keeps it for ever.
    static let days = integer(0...36_500)
}

extension SettingKind<Duration> {
    private static let longest = 31_536_000.0

    /// A time in seconds, fractions allowed; 0 switches it off.
    static let seconds: SettingKind = {
        let expected = "a number of seconds from 0 to 31536000"
        let fromSeconds: @Sendable (Double) throws(Unfit) -> Duration = { (seconds) throws(Unfit) in
            guard (0...longest).contains(seconds), let duration = Duration(seconds: seconds) else {
                throw Unfit(expected: expected)
            }
            return duration
        }
        return SettingKind(
            expected: expected,
            read: { (text) throws(Unfit) in
                // Digits and a point alone: `Double` would also read `0x1p3`, `nan` and `1e3`.
                let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
                guard isPlain, let seconds = Double(text) else { throw Unfit(expected: expected) }
                return try fromSeconds(seconds)
            },
            readNode: { (node) throws(Unfit) in
                switch node.value {
                case .integer(let number): return try fromSeconds(Double(number))
                case .number(let number): return try fromSeconds(number)
                default: throw Unfit(expected: expected)
                }
            },
            show: { value, json in json.number(value.inSeconds) })
    }()
}

extension SettingKind<Bool> {
    static let flag = SettingKind(
        expected: "true or false",
        read: { (text) throws(Unfit) in
            switch text.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            default: throw Unfit(expected: "true or false")
            }
        },
        readNode: { (node) throws(Unfit) in
            guard case .bool(let value) = node.value else { throw Unfit(expected: "true or false") }
            return value
        },
        show: { value, json in json.bool(value) })
}

extension SettingKind<CallLimit> {
    static let callLimit: SettingKind = {
        let number = SettingKind<Int>.limit
        let expected = "\"auto\" or \(number.expected)"
        let fromNumber: @Sendable (Int) -> CallLimit = { $0 == 0 ? .unlimited : .atMost($0) }
        return SettingKind(
            expected: expected,
            read: { (text) throws(Unfit) in
                if text == "auto" { return .auto }
                do { return fromNumber(try number.read(text)) } catch { throw Unfit(expected: expected) }
            },
            readNode: { (node) throws(Unfit) in
                if node.value == .string("auto") { return .auto }
                do { return fromNumber(try number.readNode(node)) } catch { throw Unfit(expected: expected) }
            },
            show: { value, json in
                switch value {
                case .auto: json.string("auto")
                case .unlimited: json.integer(0)
                case .atMost(let count): json.integer(count)
                }
            })
    }()
}
