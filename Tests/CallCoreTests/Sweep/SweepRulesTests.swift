import CallCore
import Testing
import Timeline

@Suite("Sweep rules")
struct SweepRulesTests {
    private let rules = SweepRules()

    private static let created = UTCTime(millisecondsSince1970: 1_768_473_000_000)

    private static func utc(_ seconds: Int) -> UTCTime {
        UTCTime(millisecondsSince1970: created.millisecondsSince1970 + Int64(seconds) * 1_000)
    }

    private static func call(
        _ status: CallStatus, holder: OpenCall.Holder = .asker, named: Bool = true, stream: Bool = false,
        agent: String? = "default", claimed: Bool = false, scheduled: UTCTime? = nil
    ) -> OpenCall {
        var record = CallRecord(
            id: CallID(at: created, random: (1, 1)), providerCallID: named ? "CA1" : nil, direction: .inbound,
            status: status, createdAt: created)
        record.streamID = stream ? "MZ1" : nil
        record.agent = agent
        record.scheduledAt = scheduled
        return OpenCall(record: record, holder: holder, wasClaimed: claimed)
    }

    @Test("What another node that lives answers for is its own affair, whatever its age")
    func elsewhere() {
        for status in CallStatus.allCases where !status.isFinal {
            let call = Self.call(status, holder: .another, stream: true)
            #expect(rules.verdict(on: call, hasSession: false, at: Self.utc(1_000_000)) == .leave(.elsewhere))
        }
    }

    @Test("A call on the line here that another node answers for by now is lost")
    func lost() {
        let call = Self.call(.inProgress, holder: .another, stream: true)
        #expect(rules.verdict(on: call, hasSession: true, at: Self.utc(70)) == .lost)
    }

    @Test("Age alone never ends a live call", arguments: [0, 1_800, 14_400, 10_000_000])
    func age(seconds: Int) {
        for claimed in [false, true] {
            let call = Self.call(.inProgress, stream: true, claimed: claimed)
            #expect(rules.verdict(on: call, hasSession: true, at: Self.utc(seconds)) == .leave(.live))
        }
    }

    @Test(
        "A call that was never dialled is canceled 15 min after its time, and not before",
        arguments: [
            (nil, 0, false), (nil, 899, false), (nil, 900, true), (86_400, 900, false), (86_400, 86_400, false),
            (86_400, 87_299, false), (86_400, 87_300, true),
        ] as [(Int?, Int, Bool)])
    func scheduled(at: Int?, seconds: Int, isCanceled: Bool) {
        let call = Self.call(.queued, holder: .nobody, named: false, scheduled: at.map(Self.utc))
        let verdict = rules.verdict(on: call, hasSession: false, at: Self.utc(seconds))
        #expect(verdict == (isCanceled ? .cancel : .leave(.scheduled)))
    }

    @Test("Switched off, no schedule expires")
    func neverExpires() {
        var rules = rules
        rules.scheduleExpires = .zero
        let call = Self.call(.queued, named: false)
        #expect(rules.verdict(on: call, hasSession: false, at: Self.utc(10_000_000)) == .leave(.scheduled))
    }

    @Test(
        "A call whose stream did not come is asked about 30 s after its beginning, whoever answers for it",
        arguments: [OpenCall.Holder.asker, .nobody], [(0, 30), (10, 20), (29, 1), (30, 0), (4_000, 0), (-60, 30)])
    func noStream(holder: OpenCall.Holder, times: (age: Int, wait: Int)) {
        for status in [CallStatus.queued, .initiated, .ringing, .inProgress] {
            let call = Self.call(status, holder: holder, claimed: holder == .nobody)
            let verdict = rules.verdict(on: call, hasSession: false, at: Self.utc(times.age))
            let wanted = SweepVerdict.reconcile(
                .noStream(isOurs: true), after: .seconds(times.wait), openFor: .seconds(max(0, times.age)))
            #expect(verdict == wanted)
        }
    }

    @Test("A call that only its carrier's reports told of is nobody's to have brought a stream")
    func reported() {
        let verdict = rules.verdict(on: Self.call(.inProgress, agent: nil), hasSession: false, at: Self.utc(30))
        #expect(verdict == .reconcile(.noStream(isOurs: false), after: .zero, openFor: .seconds(30)))
    }

    @Test("A call on the line when its node died is asked about at once")
    func nodeLost() {
        let call = Self.call(.inProgress, stream: true, claimed: true)
        let verdict = rules.verdict(on: call, hasSession: false, at: Self.utc(5_000))
        #expect(verdict == .reconcile(.nodeLost, after: .zero, openFor: .zero))
    }

    @Test("A call of ours without a session gets a minute to have its last word written")
    func noSession() {
        let verdict = rules.verdict(on: Self.call(.inProgress, stream: true), hasSession: false, at: Self.utc(5_000))
        #expect(verdict == .reconcile(.noSession, after: .seconds(60), openFor: .zero))
    }
}
