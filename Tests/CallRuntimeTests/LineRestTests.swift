import MediaCore
import Testing
import Timeline

@testable import CallRuntime

@Suite("Call line: at rest")
struct LineRestTests {
    private static let frame = [UInt8](repeating: 0x55, count: 160)

    @Test("A line on which nothing happens leaves the beat, and a frame brings it back")
    func rests() throws {
        let fixture = try LineFixture.talking()
        fixture.pass(20)
        #expect(fixture.loop.listeners.isEmpty, "nobody has said anything yet")
        fixture.frame(Self.frame)
        fixture.pass(980)
        #expect(fixture.loop.listeners.count == 1, "a frame may come any moment")
        fixture.pass(60)
        #expect(fixture.loop.listeners.isEmpty)
        fixture.frame(Self.frame)
        #expect(fixture.loop.listeners.count == 1)
    }

    @Test("While frames come the line stays in the beat")
    func stays() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(Self.frame)
        fixture.pass(5_000, frames: true)
        #expect(fixture.loop.listeners.count == 1)
    }

    @Test("While only the caller speaks, at most one beat of three is taken; what the agent says ends that at once")
    func spared() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(Self.frame)
        fixture.pass(1_000, frames: true)
        let before = fixture.loop.turns
        fixture.pass(1_200, frames: true)
        #expect(fixture.loop.turns - before <= 20)
        let words = (0..<16_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        fixture.delta(words)
        fixture.ended()
        fixture.pass(3_000, frames: true)
        #expect(fixture.phone.heard == words)
        #expect(fixture.phone.silences == 0)
    }

    @Test("What the agent says brings a resting line back, and is heard whole and without a break")
    func agentSpeaks() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(Self.frame)
        fixture.pass(10_000)
        #expect(fixture.loop.listeners.isEmpty)
        let words = (0..<16_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        fixture.delta(words)
        fixture.ended()
        fixture.pass(3_000)
        #expect(fixture.phone.heard == words)
        #expect(fixture.phone.silences == 0)
        #expect(fixture.loop.listeners.isEmpty)
    }

    @Test(
        "Silence that stands for a caller is never later than an eighth of the pause, and a second",
        arguments: [500, 1_500, 4_000, 30_000])
    func silence(pause: Int) throws {
        let fixture = try LineFixture.talking()
        fixture.frame(Self.frame)
        for passed in stride(from: 20, through: pause, by: 20) {
            fixture.pass(20)
            let missing = passed - (fixture.upstream.heard.count - 160) / 8
            #expect(missing <= 80 + min(passed / 8, 1_000), "after \(passed) ms")
        }
        // Nothing of it is left out once audio goes on.
        fixture.pass(1_000, frames: true)
        #expect(((pause + 980) * 8...(pause + 1_060) * 8).contains(fixture.upstream.heard.count))
    }

    @Test("A minute without a word costs a loop fewer turns than two seconds of talk")
    func cost() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(Self.frame)
        fixture.pass(2_000)
        let before = fixture.loop.turns
        fixture.pass(60_000)
        #expect(fixture.loop.turns - before < 100)
    }

    @Test("A line that has ended keeps neither a beat nor a timer, whatever comes late")
    func ended() throws {
        let fixture = try LineFixture.talking()
        fixture.frame(Self.frame)
        fixture.pass(3_000)
        #expect(fixture.loop.timersSet == 1)
        fixture.line.end()
        #expect(fixture.loop.timersSet == 0)
        fixture.frame(Self.frame)
        fixture.pass(100)
        #expect(fixture.loop.listeners.isEmpty)
        #expect(fixture.loop.timersSet == 0)
    }
}
