import CallCore
import TestSupport
import Testing

@Suite("Carrier report")
struct CarrierReportTests {
    private static let order: [CallStatus] = [.queued, .initiated, .ringing, .inProgress]
    private static let final: [CallStatus] = [.completed, .busy, .noAnswer, .canceled, .failed]

    @Test("A call without a record takes whatever is reported first", arguments: CallStatus.allCases)
    func first(reported: CallStatus) {
        let reason = EndReason(carrierStatus: reported)
        let expected: CarrierReport.Effect = reason.map { .finish($0) } ?? .advance(to: reported)
        #expect(CarrierReport.effect(of: reported, on: .init(status: nil)) == expected)
    }

    @Test("Statuses move forward, also by leaps, and never back", arguments: order.indices, order.indices)
    func forward(known: Int, reported: Int) {
        let effect = CarrierReport.effect(of: Self.order[reported], on: .init(status: Self.order[known]))
        let expected: CarrierReport.Effect =
            reported > known ? .advance(to: Self.order[reported]) : reported == known ? .duplicate : .outOfOrder
        #expect(effect == expected)
    }

    @Test("A final status ends the call from wherever it stands", arguments: order, final)
    func ends(known: CallStatus, reported: CallStatus) {
        guard case .finish(let reason) = CarrierReport.effect(of: reported, on: .init(status: known)) else {
            Issue.record("it goes on")
            return
        }
        #expect(reason.status == reported)
    }

    @Test("A final status stays, whatever comes after it", arguments: final, CallStatus.allCases)
    func stays(known: CallStatus, reported: CallStatus) {
        for decided in [nil, EndReason.agentHangup] {
            let effect = CarrierReport.effect(of: reported, on: .init(status: known, decided: decided))
            #expect(effect == (reported == known ? .duplicate : .outOfOrder))
        }
    }

    @Test("An ending that the bridge decided wins over the carrier's word for it", arguments: EndReason.allCases, final)
    func decided(reason: EndReason, reported: CallStatus) {
        let known = CarrierReport.Known(status: .inProgress, decided: reason)
        #expect(CarrierReport.effect(of: reported, on: known) == .finish(reason))
        let ringing = CarrierReport.Known(status: .ringing, decided: reason)
        #expect(CarrierReport.effect(of: .inProgress, on: ringing) == .outOfOrder)
    }

    @Test("Whatever order reports come in, a call gets one final status", arguments: 0..<500)
    func anyOrder(seed: Int) {
        var generator = Seeded(seed: UInt64(seed))
        var known = CarrierReport.Known(status: nil)
        var endings: [EndReason] = []
        for reported in (Self.order + Self.final + Self.order + Self.final).shuffled(using: &generator) {
            switch CarrierReport.effect(of: reported, on: known) {
            case .advance(let status): known.status = status
            case .finish(let reason):
                endings.append(reason)
                known.status = reason.status
            case .duplicate, .outOfOrder: break
            }
        }
        #expect(endings.count == 1)
        #expect(known.status?.isFinal == true)
    }

    @Test(
        "Without a status, what was seen of the socket's end decides",
        arguments: [
            (.stop, .callerHangup), (.close(code: 1000), .callerHangup), (.close(code: 1001), .callerHangup),
            (.close(code: 1002), .carrierFailed), (.close(code: 1006), .carrierFailed), (.lost, .carrierFailed),
        ] as [(CarrierReport.SocketEnd, EndReason)])
    func seen(end: CarrierReport.SocketEnd, reason: EndReason) {
        #expect(CarrierReport.reason(seen: end) == reason)
    }

    @Test("Words are those of the interface, and every reason has a final status")
    func words() {
        #expect(
            CallStatus.allCases.map(\.rawValue) == [
                "queued", "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed",
            ])
        #expect(CallStatus.allCases.filter(\.isFinal) == Self.final)
        #expect(!EndReason.allCases.map(\.status.isFinal).contains(false))
        let reasons = Dictionary(grouping: EndReason.allCases, by: \.status).mapValues { $0.map(\.rawValue) }
        #expect(
            reasons[.completed] == ["caller-hangup", "agent-hangup", "transferred", "api-hangup", "max-duration"])
        #expect(
            reasons[.failed] == [
                "upstream-failed", "upstream-unavailable", "stale", "silence", "no-start", "protocol-error",
                "carrier-failed", "drain-timeout", "node-lost", "store-failed", "rejected",
            ])
    }
}
