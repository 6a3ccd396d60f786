import CallCore
import JSONWire
import Testing
import Timeline
import Wording

/// Makes values up from a seed, with every member there or not.
private struct Maker {
    var random: SplitMix

    mutating func maybe<Value>(_ make: (inout Maker) -> Value) -> Value? { random.below(3) == 0 ? nil : make(&self) }
    mutating func number(_ limit: Int = 100_000) -> Int { random.below(limit) }
    mutating func time() -> UTCTime { UTCTime(millisecondsSince1970: 1_700_000_000_000 + Int64(number(1 << 40))) }
    mutating func id() -> CallID { CallID(at: time(), random: (random.next(), random.next())) }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count)] }
    mutating func duration() -> Duration { .nanoseconds(Int64(number(1 << 50))) }

    mutating func text() -> String {
        let pieces = ["a", "é", "e\u{301}", "\u{0}", "\n", "\"", "\\", "漢", "🙂", "\u{202E}", "\u{7F}", " ", "+1555"]
        return (0..<number(8)).map { _ in pick(pieces) }.joined()
    }

    mutating func object(depth: Int = 3) -> JSONObject {
        JSONObject((0..<number(4)).map { _ in JSONObject.Member(name: text(), value: value(depth: depth - 1)) })
    }

    mutating func value(depth: Int) -> JSONValue {
        switch number(depth > 0 ? 7 : 5) {
        case 0: .null
        case 1: .bool(number(2) == 0)
        case 2: .integer(random.next())
        case 3: .double(Double(number()) / 7)
        case 4: .string(text())
        case 5: .array((0..<number(3)).map { _ in value(depth: depth - 1) })
        default: .object(object(depth: depth))
        }
    }

    mutating func quality() -> CallQuality {
        var quality = CallQuality()
        quality.framesIn = number()
        quality.framesOut = number()
        quality.gaps = number()
        quality.lateFrames = number()
        quality.lostFrames = number()
        quality.underruns = number()
        quality.interruptions = number()
        quality.malformedMessages = number()
        quality.responseLatency = maybe { .init(minimum: $0.number(), median: $0.number(), p95: $0.number()) }
        quality.bridgeLatency = maybe { .init(p50: $0.number(), p99: $0.number()) }
        return quality
    }

    mutating func carrier() -> CallRecord.Carrier {
        CallRecord.Carrier(
            status: maybe { $0.text() }, duration: maybe { $0.duration() },
            answeredBy: maybe { $0.pick([.human, .unknown]) }, sipCode: maybe { $0.number() },
            price: maybe { $0.text() })
    }

    mutating func tools() -> [CallRecord.ToolRun] {
        (0..<number(3)).map { _ in
            CallRecord.ToolRun(name: text(), succeeded: number(2) == 0, attempts: number(), took: duration())
        }
    }

    mutating func change() -> CallChange {
        let statuses: [CallChange.Status?] = [
            nil, .advance(to: pick(CallStatus.allCases)), .decide(pick(EndReason.allCases)),
            .finish(pick(EndReason.allCases)), .carrier(pick(CallStatus.allCases)),
        ]
        var change = CallChange(at: time(), pick(statuses))
        change.providerCallID = maybe { $0.text() }
        change.streamID = maybe { $0.text() }
        change.from = maybe { PhoneNumber($0.text()) }
        change.to = maybe { PhoneNumber($0.text()) }
        change.agent = maybe { $0.text() }
        change.upstream = maybe { $0.pick(UpstreamVendor.allCases) }
        change.node = maybe { $0.text() }
        change.isUnreconciled = maybe { $0.number(2) == 0 }
        change.metadata = maybe { $0.object() }
        change.variables = maybe { $0.object() }
        change.failure = maybe { CallRecord.Failure(code: $0.text(), message: $0.text()) }
        change.carrier = maybe { $0.carrier() }
        change.disposition = maybe { $0.text() }
        change.usage = maybe { $0.object() }
        change.quality = maybe { $0.quality() }
        change.tools = maybe { $0.tools() }
        return change
    }

    mutating func record() -> CallRecord {
        var record = CallRecord(
            id: id(), provider: text(), providerCallID: maybe { $0.text() }, direction: pick([.inbound, .outbound]),
            status: pick(CallStatus.allCases), from: maybe { PhoneNumber($0.text()) },
            to: maybe { PhoneNumber($0.text()) }, createdAt: time())
        for _ in 0..<number(4) { _ = record.apply(change()) }
        return record
    }

    mutating func step(of call: CallID) -> CallFacts.Step {
        switch number(4) {
        case 0: .change(change())
        case 1: .change(change(), .webhook(path: text(), status: text(), at: time()))
        case 2:
            .event(
                CallEvent(
                    at: time(), call: call, kind: pick(CallEvent.Kind.allCases), component: text(), data: object()))
        default:
            .turn(
                TranscriptTurn(
                    speaker: pick([.caller, .agent]), text: text(), startMilliseconds: number(),
                    endMilliseconds: number(), wasInterrupted: number(2) == 0,
                    responseMilliseconds: maybe { $0.number() }))
        }
    }

    mutating func facts() -> CallFacts {
        let id = id()
        var facts = CallFacts(
            of: pick([.id(id), .provider(text())]), by: text(), identity: maybe { $0.text() },
            orOpen: maybe { $0.record() }, (0..<number(6)).map { _ in step(of: id) })
        facts.providerCallID = maybe { $0.text() }
        facts.owner = maybe { NodeEpoch(Int64($0.number())) }
        return facts
    }
}

private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

@Suite("Facts and records as JSON")
struct CallFactsJSONTests {
    private static func reread(_ object: JSONObject) throws -> JSONObject {
        var json = JSONWriter()
        JSONValue.object(object).write(to: &json)
        return try JSONObject(parsing: json.bytes.span)
    }

    @Test("A record is read back exactly as it was kept", arguments: 0..<300)
    func records(seed: Int) throws {
        var maker = Maker(random: SplitMix(state: UInt64(seed)))
        let record = maker.record()
        let again = try CallRecord(json: try Self.reread(record.storedJSON))
        #expect(again == record)
    }

    @Test("Facts are read back exactly as they were told", arguments: 0..<300)
    func facts(seed: Int) throws {
        var maker = Maker(random: SplitMix(state: UInt64(seed)))
        let facts = maker.facts()
        #expect(try CallFacts(json: try Self.reread(facts.json)) == facts)
    }

    @Test("An ending that was decided is kept, and not shown")
    func decided() throws {
        var record = CallRecord(
            id: CallID(at: UTCTime(millisecondsSince1970: 0), random: (0, 0)), providerCallID: nil,
            direction: .inbound, status: .inProgress, createdAt: UTCTime(millisecondsSince1970: 0))
        _ = record.apply(CallChange(at: record.createdAt, .decide(.silence)))
        #expect(record.json["decided_end"] == nil)
        #expect(try CallRecord(json: record.storedJSON).decidedEnd == .silence)
    }

    @Test("What is not of its kind is refused by name")
    func refused() throws {
        var maker = Maker(random: SplitMix(state: 1))
        let good = maker.record().storedJSON
        for (name, value) in [
            ("id", JSONValue.string("x")), ("status", .string("odd")), ("created_at", .string("now")),
        ] {
            let members = good.members.map { $0.name == name ? JSONObject.Member(name: name, value: value) : $0 }
            #expect(throws: JSONError.invalidValue(name)) { try CallRecord(json: JSONObject(members)) }
        }
    }
}
