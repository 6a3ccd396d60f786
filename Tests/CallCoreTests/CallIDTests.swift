import CallCore
import TestSupport
import Testing
import Timeline

@Suite("Call id")
struct CallIDTests {
    private static let time = UTCTime(millisecondsSince1970: 1_768_473_000_123)

    @Test("It is a UUID of version 7 that begins with the time")
    func layout() {
        let id = CallID(at: Self.time, random: (.max, .max))
        #expect(id.description == "019bc134-78bb-7fff-bfff-ffffffffffff")
        #expect(CallID(at: Self.time, random: (0, 0)).description == "019bc134-78bb-7000-8000-000000000000")
    }

    @Test("What it writes it reads, in either case", arguments: [UInt64(0), 1, 0x0123_4567_89AB_CDEF, .max])
    func roundTrip(word: UInt64) {
        let id = CallID(at: Self.time, random: (word, ~word))
        #expect(CallID(id.description) == id)
        #expect(CallID(id.description.uppercased()) == id)
    }

    @Test(
        "Anything else is not read",
        arguments: [
            "", "019bc154", "019bc134-78bb-4fff-bfff-ffffffffffff", "019bc134-78bb-7fff-ffff-ffffffffffff",
            "019bc134-78bb-7fff-bfff-fffffffffffg", "019bc13478bb-7fff-bfff-ffffffffffff0",
            "CA00000000000000000000000000000000",
        ])
    func unread(text: String) {
        #expect(CallID(text) == nil)
        #expect(CallReference(text) == .provider(text))
    }

    @Test("Later calls sort behind earlier ones")
    func order() {
        let later = UTCTime(millisecondsSince1970: Self.time.millisecondsSince1970 + 1)
        #expect(CallID(at: Self.time, random: (.max, .max)) < CallID(at: later, random: (0, 0)))
    }
}

@Suite("Call ids of one process")
struct CallIDSourceTests {
    private struct Fixed: RandomNumberGenerator {
        let word: UInt64
        mutating func next() -> UInt64 { word }
    }

    @Test(
        "Each is greater than the one before: within a millisecond, with the clock set back, with no random bits left",
        arguments: [UInt64(0), 1, .max])
    func ordered(word: UInt64) {
        let source = CallIDSource()
        var generator = Fixed(word: word)
        var last: CallID?
        for millisecond in [5_000, 5_000, 5_000, 5_001, 4_000, 5_001, 9_000, 9_000] as [Int64] {
            let id = source.next(at: UTCTime(millisecondsSince1970: millisecond), using: &generator)
            if let last { #expect(last < id) }
            #expect(CallID(id.description) == id)
            last = id
        }
    }

    @Test("Of one millisecond there are many, and the id still tells the millisecond")
    func many() {
        let source = CallIDSource()
        let time = UTCTime(millisecondsSince1970: 1_768_473_000_000)
        let ids = (0..<20_000).map { _ in source.next(at: time) }
        #expect(zip(ids, ids.dropFirst()).allSatisfy(<))
        let next = UTCTime(millisecondsSince1970: time.millisecondsSince1970 + 2)
        #expect(ids.allSatisfy { CallID.least(at: time) <= $0 && $0 < CallID.least(at: next) })
    }
}
