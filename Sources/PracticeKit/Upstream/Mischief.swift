internal import JSONWire
internal import Timeline

/// Bends what a session says on its way out, as the faults ask for: by order, number, content and time.
struct Mischief {
    enum Letter: Hashable {
        case event(JSONValue)
        case text(String)
        case close(code: UInt16, reason: String)
        case reset
        case freeze
    }

    /// What the bending has to know of a protocol.
    struct Dialect {
        /// The type of the events whose order and number must stay.
        let audioType: String
        /// Texts that are no events of it.
        let malformed: [String]
        /// Events that it does not have, and some that hardly anybody knows.
        let unknown: [JSONValue]
    }

    private struct Faults {
        var malformed = false
        var unknownEvents = false
        var extraFields = false
        var duplicates = false
        var reordered = false
        var slow: Duration?
    }

    private var faults = Faults()
    private var waiting: [(due: Instant, letter: Letter)] = []
    private var lastDue = Instant.zero
    private var count = 0

    private let dialect: Dialect

    init(_ dialect: Dialect) {
        self.dialect = dialect
    }

    mutating func take(up bend: Fault.Bend) {
        switch bend {
        case .malformed: faults.malformed = true
        case .unknownEvents: faults.unknownEvents = true
        case .extraFields: faults.extraFields = true
        case .duplicates: faults.duplicates = true
        case .reordered: faults.reordered = true
        case .slow(let wait): faults.slow = wait
        }
    }

    /// When the next letter is due that waits.
    var due: Instant? { waiting.first?.due }

    /// Posts what the session said in one turn.
    mutating func post(_ letters: [Letter], at now: Instant) {
        var bent = faults.reordered ? swapped(letters) : letters
        bent = bent.flatMap { bend($0) }
        for letter in bent {
            if let slow = faults.slow {
                lastDue = max(lastDue, now).advanced(by: slow)
                waiting.append((lastDue, letter))
            } else {
                waiting.append((now, letter))
            }
        }
    }

    mutating func collect(at now: Instant) -> [Letter] {
        let ready = waiting.prefix { $0.due <= now }.map(\.letter)
        waiting.removeFirst(ready.count)
        return ready
    }

    /// Nothing more goes out.
    mutating func drop() {
        waiting = []
    }

    private mutating func bend(_ letter: Letter) -> [Letter] {
        guard case .event(var event) = letter else { return [letter] }
        count += 1
        var letters: [Letter] = []
        if faults.malformed { letters.append(.text(dialect.malformed[count % dialect.malformed.count])) }
        if faults.unknownEvents { letters.append(.event(dialect.unknown[count % dialect.unknown.count])) }
        if faults.extraFields { event = Self.extended(event) }
        letters.append(.event(event))
        if faults.duplicates, !isAudio(event) { letters.append(.event(event)) }
        return letters
    }

    private static func extended(_ event: JSONValue) -> JSONValue {
        guard case .object(let object) = event else { return event }
        let extra: [JSONObject.Member] = [
            JSONObject.Member(name: "obfuscation", value: "b2Jm"),
            JSONObject.Member(name: "trace", value: ["span": [1, nil, ["deep": true]], "é\u{1F600}": ""]),
        ]
        return .object(JSONObject(object.members + extra))
    }

    private func isAudio(_ event: JSONValue) -> Bool {
        guard case .object(let object) = event else { return false }
        return object["type"] == .string(dialect.audioType)
    }

    /// Each pair of neighbours, unless both are audio.
    private func swapped(_ letters: [Letter]) -> [Letter] {
        var swapped = letters
        for place in stride(from: 0, to: letters.count - 1, by: 2) {
            guard case .event(let first) = letters[place], case .event(let second) = letters[place + 1],
                !(isAudio(first) && isAudio(second))
            else { continue }
            swapped.swapAt(place, place + 1)
        }
        return swapped
    }
}
