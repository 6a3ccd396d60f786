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
