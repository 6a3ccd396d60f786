import Addresses
import CallCore
import Testing
import Timeline

@testable import FrontDoor

@Suite("Bucket table")
struct BucketTableTests {
    @Test("Each has a bucket of its own")
    func own() {
        var table = BucketTable<String>(TokenBucket(rate: 1))
        #expect(table.take("a", at: .zero) == .admitted)
        #expect(table.take("b", at: .zero) == .admitted)
        #expect(table.take("a", at: .zero) != .admitted)
        #expect(table.take("a", at: .zero.advanced(by: .seconds(1))) == .admitted)
    }

    @Test("It never holds more than its capacity: full buckets leave, and those without a place share one")
    func bounded() {
        var table = BucketTable<Int>(TokenBucket(rate: 1), capacity: 10)
        for key in 0..<10 { #expect(table.take(key, at: .zero) == .admitted) }
        #expect(table.take(10, at: .zero) == .admitted)
        #expect(table.take(11, at: .zero) != .admitted)
        #expect(table.count == 10)
        #expect(table.take(12, at: .zero.advanced(by: .seconds(2))) == .admitted)
        #expect(table.count == 1)
    }

    @Test("A rate of zero refuses nobody")
    func unlimited() {
        var table = BucketTable<Int>(TokenBucket(rate: 0), capacity: 2)
        for key in 0..<100 { #expect(table.take(key % 3, at: .zero) == .admitted) }
    }
}

@Suite("Unstarted sockets")
struct UnstartedSocketsTests {
    private static let address = IPAddress("203.0.113.9")!

    @Test("An address has so many, until one of them started, ended or is forgotten")
    func limited() throws {
        let sockets = UnstartedSockets(limit: 2)
        let first = try #require(sockets.enter(Self.address))
        do {
            let second = try #require(sockets.enter(Self.address))
            #expect(sockets.enter(Self.address) == nil)
            #expect(sockets.enter(IPAddress("203.0.113.10")!) != nil)
            withExtendedLifetime(second) {}
        }
        #expect(sockets.total == 1)
        first.resolved()
        first.resolved()
        #expect(sockets.total == 0)
    }

    @Test("Zero is no limit")
    func unlimited() {
        let sockets = UnstartedSockets(limit: 0)
        let held = (0..<1_000).map { _ in sockets.enter(Self.address) }
        #expect(held.allSatisfy { $0 != nil })
    }

    @Test(
        "Who has one IPv6 address has its neighbours, too",
        arguments: [
            ("2001:db8::1", "2001:db8::"), ("2001:db8:0:1::1", "2001:db8:0:1::"), ("203.0.113.9", "203.0.113.9"),
        ])
    func source(address: String, expected: String) throws {
        #expect(try #require(IPAddress(address)).source.description == expected)
    }
}
