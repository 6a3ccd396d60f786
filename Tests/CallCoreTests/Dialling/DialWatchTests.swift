import CallCore
import Testing
import Timeline

@Suite("Watch over the calls that wait to be dialled")
struct DialWatchTests {
    private static let beginning = UTCTime(millisecondsSince1970: 1_768_473_000_000)

    private static func utc(_ seconds: Int) -> UTCTime {
        UTCTime(millisecondsSince1970: beginning.millisecondsSince1970 + Int64(seconds) * 1_000)
    }

    private static func instant(_ seconds: Int) -> Instant { Instant(nanoseconds: 0).advanced(by: .seconds(seconds)) }

    private static func queue(first: UInt64, due: Int) -> DialQueue {
        var queue = DialQueue()
        queue.waiting = 3
        queue.dialling = 2
        queue.first = DialQueue.First(call: CallID(at: beginning, random: (0, first)), due: utc(due))
        return queue
    }

    /// Looked at every two seconds up to that one.
    private func watch(
        until last: Int, isHeld: Bool = false, _ queue: (_ second: Int) -> DialQueue
    ) -> DialWatch.Reading {
        var watch = DialWatch()
        for second in stride(from: 0, through: last, by: 2) {
            watch.looked(queue(second), isHeld: isHeld, at: Self.instant(second), Self.utc(second))
        }
        return watch.reading(at: Self.instant(last))
    }

    @Test("Nothing is wrong before the first look")
    func beginning() {
        let reading = DialWatch().reading(at: Self.instant(100))
        #expect(reading.trouble == nil && reading.age == nil && reading.queue == DialQueue())
    }

    @Test("A first call that is due and stays the first is stuck after 15 s", arguments: [(14, false), (16, true)])
    func stuck(seconds: Int, isStuck: Bool) {
        let reading = watch(until: seconds) { _ in Self.queue(first: 1, due: -5) }
        #expect(reading.overdue == .seconds(seconds + 5))
        #expect(reading.trouble == (isStuck ? .stuck(.seconds(seconds + 5)) : nil))
        guard let trouble = reading.trouble else { return }
        #expect(trouble.code == "dialling.stuck")
        #expect(trouble.message(reading.queue).hasPrefix("The first of 3 calls that wait has been due for 21 s"))
    }

    @Test("However long a queue is, as long as the first is always another it is not stuck")
    func moving() {
        let reading = watch(until: 600) { Self.queue(first: UInt64($0 / 10), due: $0 - 500) }
        #expect(reading.trouble == nil && reading.overdue == .seconds(500))
    }

    @Test("A call whose time has not come waits for as long as it must")
    func scheduled() {
        let reading = watch(until: 600) { _ in Self.queue(first: 1, due: 601) }
        #expect(reading.trouble == nil && reading.overdue == nil)
    }

    @Test("Calls that the day has no minutes for are not stuck")
    func held() {
        let reading = watch(until: 600, isHeld: true) { _ in Self.queue(first: 1, due: 0) }
        #expect(reading.trouble == nil && reading.overdue == .seconds(600))
    }

    @Test("A store that does not say what waits is told of after 15 s, and no more once it does")
    func unreadable() {
        var watch = DialWatch()
        watch.failed(.locked, at: Self.instant(0))
        #expect(watch.reading(at: Self.instant(15)).trouble == nil)
        #expect(watch.reading(at: Self.instant(16)).trouble == .unreadable(.locked))
        watch.looked(DialQueue(), isHeld: false, at: Self.instant(17), Self.utc(17))
        #expect(watch.reading(at: Self.instant(18)).trouble == nil)
    }

    @Test("Whoever looks no more is told of")
    func forgotten() {
        var watch = DialWatch()
        watch.looked(DialQueue(), isHeld: false, at: Self.instant(0), Self.utc(0))
        #expect(watch.reading(at: Self.instant(15)).trouble == nil)
        #expect(watch.reading(at: Self.instant(16)).trouble == .forgotten(.seconds(16)))
        #expect(watch.reading(at: Self.instant(16)).age == .seconds(16))
    }
}
