import CallCore
import Testing
import Timeline

@testable import CallRuntime

@Suite("Tenure of a node")
struct NodeTenureTests {
    private let rules = LeaseRules()
    private let epoch = NodeEpoch(1)

    private static func at(_ seconds: Int) -> Instant {
        Instant(nanoseconds: 7_000_000_000).advanced(by: .seconds(seconds))
    }

    /// Renewed at these seconds, each granted as soon as it was asked for.
    private func tenure(_ seconds: [Int]) -> NodeTenure {
        let tenure = NodeTenure()
        for second in seconds { tenure.hold(epoch, from: Self.at(second), under: rules, at: Self.at(second)) }
        return tenure
    }

    @Test("Whoever renewed in time for 20 s judges others by their leases", arguments: [(19, false), (20, true)])
    func steady(second: Int, isSteady: Bool) {
        #expect(tenure([0, 10]).isSteady(under: rules, at: Self.at(second)) == isSteady)
    }

    @Test("Whoever had no renewal for more than 15 s was held up as others were, though its lease holds")
    func heldUp() {
        let tenure = tenure([0, 10, 20])
        #expect(tenure.isSteady(under: rules, at: Self.at(35)))
        #expect(!tenure.isSteady(under: rules, at: Self.at(36)))
        // Asked for while the store was away, and granted when it came back.
        tenure.hold(epoch, from: Self.at(45), under: rules, at: Self.at(49))
        #expect(tenure.isCertain(at: Self.at(74)) && !tenure.isCertain(at: Self.at(75)))
        #expect(!tenure.isSteady(under: rules, at: Self.at(50)))
    }

    @Test("It is steady again when it could renew for another 20 s")
    func again() {
        let tenure = tenure([0, 10, 40, 50, 60])
        #expect(!tenure.isSteady(under: rules, at: Self.at(59)))
        #expect(tenure.isSteady(under: rules, at: Self.at(60)))
    }

    @Test("Another epoch begins anew")
    func otherEpoch() {
        let tenure = tenure([0, 10, 20])
        tenure.hold(NodeEpoch(2), from: Self.at(25), under: rules, at: Self.at(25))
        #expect(!tenure.isSteady(under: rules, at: Self.at(30)))
    }
}
