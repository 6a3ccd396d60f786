import CallCore
import Testing
import Timeline

@Suite("Ages of records")
struct RecordAgesTests {
    private static let created = UTCTime(millisecondsSince1970: 1_768_473_000_000)
    private static let record = CallRecord(
        id: CallID(at: created, random: (1, 2)), providerCallID: "CA1", direction: .inbound, status: .ringing,
        createdAt: created)

    private static func at(_ seconds: Int) -> Instant {
        Instant(nanoseconds: 7_000_000_000).advanced(by: .seconds(seconds))
    }
    private static func utc(_ seconds: Int) -> UTCTime {
        UTCTime(millisecondsSince1970: created.millisecondsSince1970 + Int64(seconds) * 1_000)
    }

    @Test("A record that was there before is as old as its time says")
    func before() {
        var ages = RecordAges()
        ages.look(at: Self.at(0), Self.utc(40))
        #expect(ages.age(of: Self.record, at: Self.at(0), Self.utc(40)) == .seconds(40))
    }

    @Test("A clock that is set forward while this process lives makes no record older", arguments: [60, 3_600, 86_400])
    func forward(jump: Int) {
        var ages = RecordAges()
        for second in 0...5 { ages.look(at: Self.at(second), Self.utc(second)) }
        ages.look(at: Self.at(6), Self.utc(6 + jump))
        #expect(ages.age(of: Self.record, at: Self.at(6), Self.utc(6 + jump)) <= .seconds(6))
    }

    @Test("A record is at least as old as this process has known it, also when the clock is set back")
    func back() {
        var ages = RecordAges()
        ages.look(at: Self.at(0), Self.utc(0))
        ages.saw(.id(Self.record.id), at: Self.at(0))
        ages.look(at: Self.at(1), Self.utc(-3_599))
        ages.saw(.id(Self.record.id), at: Self.at(20))
        #expect(ages.age(of: Self.record, at: Self.at(30), Self.utc(-3_570)) == .seconds(30))
    }

    @Test("What is open stays known; the rest is forgotten in time")
    func forgetting() {
        var ages = RecordAges()
        ages.saw(.id(Self.record.id), at: Self.at(0))
        ages.forget(except: [], at: Self.at(599))
        #expect(ages.age(of: Self.record, at: Self.at(599), Self.utc(0)) == .seconds(599))
        ages.forget(except: [Self.record.id], at: Self.at(5_000))
        #expect(ages.age(of: Self.record, at: Self.at(5_000), Self.utc(0)) == .seconds(5_000))
        ages.forget(except: [], at: Self.at(5_000))
        #expect(ages.age(of: Self.record, at: Self.at(5_000), Self.utc(0)) == .zero)
    }
}
