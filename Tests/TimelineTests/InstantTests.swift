import Testing
import Timeline

@Suite("Instant")
struct InstantTests {
    @Test(
        "Advancing and measuring are each other's inverse",
        arguments: [
            Duration.zero, .nanoseconds(1), .milliseconds(20), .seconds(3_600), .seconds(-5), .seconds(9_000_000),
        ]
    )
    func roundTrip(duration: Duration) {
        let start = Instant(nanoseconds: 12_345)
        let end = start.advanced(by: duration)
        #expect(start.duration(to: end) == duration)
        #expect(end.duration(to: start) == .zero - duration)
        #expect((start < end) == (duration > .zero))
    }

    @Test("Arithmetic past the ends stays at the ends")
    func saturation() {
        let late = Instant(nanoseconds: .max - 1)
        let early = Instant(nanoseconds: .min + 1)
        #expect(late.advanced(by: .seconds(1)) == .distantFuture)
        #expect(early.advanced(by: .seconds(-1)).nanoseconds == .min)
        #expect(early.nanoseconds(to: late) == .max)
        #expect(late.nanoseconds(to: early) == .min)
    }

    @Test(
        "A duration becomes whole nanoseconds, within 64 bits",
        arguments: [
            (.nanoseconds(7), 7),
            (.seconds(-2), -2_000_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (.seconds(Int64.max / 2), .max),
            (.seconds(Int64.min / 2), .min),
        ] as [(Duration, Int64)])
    func wholeNanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.wholeNanoseconds == expected)
    }

    @Test(
        "Seconds become a duration unless they are no number or too many",
        arguments: [
            (0.25, .milliseconds(250)), (-1, .seconds(-1)), (1e-9, .nanoseconds(1)), (.nan, nil),
            (.infinity, nil), (1e300, nil),
        ] as [(Double, Duration?)])
    func fromSeconds(seconds: Double, expected: Duration?) {
        #expect(Duration(seconds: seconds) == expected)
        if let expected { #expect(expected.inSeconds == seconds) }
    }
}

@Suite("Deadline")
struct DeadlineTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test("Is reached at its instant and not before", arguments: [(4_999, false), (5_000, true), (60_000, true)])
    func reached(milliseconds: Int, expected: Bool) {
        let deadline = Deadline(limit: .seconds(5), from: start)
        #expect(deadline.isReached(at: start.advanced(by: .milliseconds(milliseconds))) == expected)
    }

    @Test("A limit of zero is switched off")
    func zeroIsNever() {
        let deadline = Deadline(limit: .zero, from: start)
        #expect(deadline == .never)
        #expect(!deadline.isReached(at: .distantFuture))
        #expect(deadline.remaining(at: start) == nil)
    }

    @Test("What remains never falls below zero", arguments: [(0, 5), (3, 2), (5, 0), (9, 0)])
    func remaining(elapsed: Int, left: Int) {
        let deadline = Deadline(limit: .seconds(5), from: start)
        #expect(deadline.remaining(at: start.advanced(by: .seconds(elapsed))) == .seconds(left))
    }

    @Test("A step's limit can only bring the deadline nearer")
    func capped() {
        let whole = Deadline(limit: .seconds(8), from: start)
        #expect(whole.capped(to: .seconds(5), from: start) == Deadline(limit: .seconds(5), from: start))
        #expect(whole.capped(to: .seconds(5), from: start.advanced(by: .seconds(6))) == whole)
        #expect(whole.capped(to: .zero, from: start) == whole)
        #expect(Deadline.never.capped(to: .seconds(1), from: start) == .at(start.advanced(by: .seconds(1))))
    }
}

@Suite("UTC time")
struct UTCTimeTests {
    @Test(
        "Reads as RFC 3339 with milliseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_768_473_000_123, "2026-01-15T10:30:00.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (.max, "9999-12-31T23:59:59.999Z"),
            (.min, "0000-01-01T00:00:00.000Z"),
        ])
    func description(milliseconds: Int64, text: String) {
        #expect(UTCTime(millisecondsSince1970: milliseconds).description == text)
    }
}
