import Addresses
import TestSupport
import Testing

@testable import SocketLoop

@Suite("Address limit")
struct AddressLimitTests {
    private func places(_ limit: AddressLimit, _ address: String, _ count: Int) throws -> [AddressLimit.Place?] {
        let address = try #require(IPAddress(address))
        return (0..<count).map { _ in
            if case .counted(let place) = limit.enter(address) { place } else { nil }
        }
    }

    @Test("An address gets as many places as it may have, and each that is left is free again, once")
    func counting() throws {
        let limit = AddressLimit(most: 3)
        let places = try places(limit, "192.0.2.1", 5)
        #expect(places.map { $0 != nil } == [true, true, true, false, false])
        #expect(try self.places(limit, "192.0.2.2", 1).first != nil)
        for _ in 1...2 { places[0]?.leave() }
        #expect(try self.places(limit, "192.0.2.1", 2).map { $0 != nil } == [true, false])
    }

    @Test("Of an IPv6 host every address of its /64 counts as one")
    func prefixes() throws {
        let limit = AddressLimit(most: 1)
        #expect(try places(limit, "2001:db8::1", 1)[0] != nil)
        #expect(try places(limit, "2001:db8::ffff:1", 1)[0] == nil)
        #expect(try places(limit, "2001:db8:0:1::1", 1)[0] != nil)
    }

    @Test("Nothing is remembered of addresses whose connections are gone, nor of those that are exempt")
    func memory() throws {
        let limit = AddressLimit(most: 2)
        let kept = try (1...100).flatMap { try places(limit, "192.0.2.\($0)", 2) }
        #expect(limit.addressCount == 100)
        for place in kept { place?.leave() }
        #expect(limit.addressCount == 0)
        for _ in 1...10 {
            guard case .uncounted = limit.enter(try #require(IPAddress("127.0.0.9"))) else {
                Issue.record("loopback is counted")
                return
            }
        }
        #expect(limit.addressCount == 0)
    }

    @Test("An address is crowded once more than half of its places are taken")
    func crowd() throws {
        let limit = AddressLimit(most: 4)
        let places = try places(limit, "192.0.2.1", 3)
        #expect(places[0]?.isCrowded == true)
        places[1]?.leave()
        #expect(places[0]?.isCrowded == false)
    }

    @Test(
        "A connection over its address's limit is closed at once, and one that ends makes room", .timeLimit(.minutes(1))
    )
    func acceptor() async throws {
        try await withLoops(2) { group in
            let limit = AddressLimit(most: 2) { _ in false }
            let crowded = Journal<Acceptor.Trouble>()
            let journal = Journal<StreamEvent>()
            let acceptor = try Acceptor(
                at: SocketAddress(HostPort("127.0.0.1:0")!)!, group: group,
                policy: Acceptor.Policy(perAddress: limit, trouble: { crowded.note($0) })
            ) { _ in Recorder(journal) }
            func connect() async -> (Journal<StreamEvent>, Recorder) {
                let events = Journal<StreamEvent>()
                nonisolated(unsafe) let recorder = Recorder(events)
                group.loops[0].execute { core in
                    core.dial(acceptor.address.endpoint, deadline: .soon(core)) { result in
                        guard case .success(let stream) = result else { return }
                        unsafe stream.hand(to: recorder)
                        events.note(.opened(tls: nil))
                    }
                }
                _ = await events.next()
                return unsafe (events, recorder)
            }
            let first = await connect()
            let second = await connect()
            #expect(await become { acceptor.counts.open == 2 })
            let third = await connect()
            #expect(await third.0.next { $0.endingCode } == "stream.peer_closed")
            guard case .crowded = await crowded.next() else {
                Issue.record("not told")
                return
            }
            #expect(acceptor.counts.refused == 1)
            withExtendedLifetime((first, second)) {}
            acceptor.close()
        }
    }
}
