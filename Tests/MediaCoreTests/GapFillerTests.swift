import Testing
import Timeline

@testable import MediaCore

@Suite("Gap filler")
struct GapFillerTests {
    private static let frame = SampleCount(160)

    /// Frames of 20 ms that each come at their own time.
    private func steady(_ filler: inout GapFiller, frames: Range<Int>) -> SampleCount {
        frames.reduce(.zero) { silence, index in
            silence + filler.frameArrived(timestamp: Milliseconds(20 * index), count: Self.frame, at: ms(20 * index))
        }
    }

    @Test("A steady stream is left as it is, with a clock between all frames")
    func steady() {
        var filler = GapFiller(rate: .hz8000)
        for index in 0..<500 {
            #expect(steady(&filler, frames: index..<index + 1) == .zero)
            #expect(filler.clockAdvanced(to: ms(20 * index + 10)) == .zero)
        }
        #expect(filler.lateFrames == 0)
    }

    @Test("A pause is filled by the clock, 60 ms behind, and made whole when audio goes on", arguments: 4...60)
    func pause(frames: Int) {
        var filler = GapFiller(rate: .hz8000)
        _ = steady(&filler, frames: 0..<10)
        var silence = SampleCount.zero
        for tick in 10..<10 + frames {
            silence += filler.clockAdvanced(to: ms(20 * tick))
            let quiet = 20 * (tick - 9)  // Since the last frame came.
            #expect(silence.rawValue == max(0, quiet - 60) / 20 * 160)
        }
        silence += steady(&filler, frames: 10 + frames..<11 + frames)
        #expect(silence.rawValue == frames * 160)
        #expect(steady(&filler, frames: 11 + frames..<100 + frames) == .zero)
    }

    @Test("The clock has nothing to say before the next fill, and something from then on", arguments: 0..<100)
    func nextFill(seed: Int) {
        var filler = GapFiller(rate: .hz8000)
        var random = SeededGenerator(seed: UInt64(seed))
        var (now, sent) = (0, 0)
        for _ in 0..<200 {
            now += Int.random(in: 1...100, using: &random)
            let next = filler.nextFill
            if Bool.random(using: &random) {
                sent += Int.random(in: 1...3, using: &random)
                _ = filler.frameArrived(timestamp: Milliseconds(20 * sent), count: Self.frame, at: ms(now))
            } else if sent > 0 {
                #expect((filler.clockAdvanced(to: ms(now)) > .zero) == (ms(now) >= next))
            }
        }
    }

    @Test("Frames that the carrier dropped are filled by the timestamp", arguments: [1, 2, 5, 50])
    func dropped(frames: Int) {
        var filler = GapFiller(rate: .hz8000)
        _ = steady(&filler, frames: 0..<10)
        #expect(steady(&filler, frames: 10 + frames..<11 + frames).rawValue == frames * 160)
    }

    @Test("A timestamp that is off by less than a frame is no missing frame", arguments: 1..<20)
    func uneven(offset: Int) {
        var filler = GapFiller(rate: .hz8000)
        for index in 0..<100 {
            let timestamp = Milliseconds(20 * index + (index % 7 == 3 ? offset : 0))
            #expect(filler.frameArrived(timestamp: timestamp, count: Self.frame, at: ms(20 * index)) == .zero)
        }
    }

    @Test("Jitter that stays under 60 ms fills nothing", arguments: 0..<20 as Range<UInt64>)
    func jitter(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var filler = GapFiller(rate: .hz8000)
        var now = 0
        for index in 0..<500 {
            let arrival = max(now, 20 * index + Int.random(in: 0..<40, using: &random))
            for tick in stride(from: now, to: arrival, by: 7) { #expect(filler.clockAdvanced(to: ms(tick)) == .zero) }
            now = arrival
            #expect(filler.frameArrived(timestamp: Milliseconds(20 * index), count: Self.frame, at: ms(now)) == .zero)
        }
    }

    @Test("What a stall held up is forwarded when it comes, and nothing is filled twice", arguments: [5, 20, 100, 400])
    func stall(frames: Int) {
        var filler = GapFiller(rate: .hz8000)
        _ = steady(&filler, frames: 0..<10)
        for tick in 10..<10 + frames { _ = filler.clockAdvanced(to: ms(20 * tick)) }
        let filled = filler.filled
        #expect(filled.rawValue == (frames - 3) * 160)
        let now = 20 * (10 + frames)
        for index in 10..<10 + frames {
            #expect(filler.frameArrived(timestamp: Milliseconds(20 * index), count: Self.frame, at: ms(now)) == .zero)
            #expect(filler.clockAdvanced(to: ms(now)) == .zero)
        }
        #expect(filler.lateFrames > 0)
        // After it, everything is as before: a new pause is filled at once.
        #expect(steady(&filler, frames: 10 + frames..<60 + frames) == .zero)
        #expect(filler.clockAdvanced(to: ms(20 * (60 + frames) + 60)).rawValue == 160)
    }

    @Test("Frames out of order and twice fill nothing beyond the hole they showed")
    func order() {
        var filler = GapFiller(rate: .hz8000)
        _ = steady(&filler, frames: 0..<10)
        let fills = [11, 10, 12, 12, 14, 13, 15].map { index in
            filler.frameArrived(timestamp: Milliseconds(20 * index), count: Self.frame, at: ms(20 * index)).rawValue
        }
        #expect(fills == [160, 0, 0, 0, 0, 0, 0], "the second 12 stands where 13 belongs")
    }

    @Test("Without timestamps, or with one that never changes, only the clock fills", arguments: [nil, 0, 66])
    func noTimestamps(claimed: Int?) {
        var filler = GapFiller(rate: .hz8000)
        let timestamp = claimed.map { Milliseconds($0) }
        for round in 0..<20 {
            for index in 0..<100 {
                let now = ms(round * 4_000 + 20 * index)
                #expect(filler.frameArrived(timestamp: timestamp, count: Self.frame, at: now) == .zero)
                #expect(filler.clockAdvanced(to: now) == .zero)
            }
            var silence = SampleCount.zero
            for tick in 100..<200 { silence += filler.clockAdvanced(to: ms(round * 4_000 + 20 * tick)) }
            #expect(silence.rawValue == 97 * 160)
        }
    }

    @Test("A carrier that begins its time anew is followed")
    func newLine() {
        var filler = GapFiller(rate: .hz8000)
        _ = steady(&filler, frames: 0..<500)
        for index in 0..<100 {
            let now = ms(10_000 + 20 * index)
            #expect(filler.frameArrived(timestamp: Milliseconds(20 * index), count: Self.frame, at: now) == .zero)
        }
        #expect(
            filler.frameArrived(timestamp: Milliseconds(2_200), count: Self.frame, at: ms(12_200)).rawValue == 1_600)
    }

    @Test("No timestamps, however wild, get more silence than time has passed", arguments: 0..<50 as Range<UInt64>)
    func wild(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var filler = GapFiller(rate: .hz8000)
        var now = 0
        var audio = 0
        for _ in 0..<2_000 {
            now += Int.random(in: 0...30, using: &random)
            if Int.random(in: 0..<3, using: &random) > 0 {
                let claims = [Int.max, Int.min, now, now + 5_000, Int.random(in: 0...100_000, using: &random)]
                let claim = Milliseconds(claims.randomElement(using: &random) ?? 0)
                let fill = filler.frameArrived(timestamp: claim, count: Self.frame, at: ms(now))
                #expect(fill <= SampleCount(8_000))
                audio += 160
            } else {
                #expect(filler.clockAdvanced(to: ms(now)) <= SampleCount(8_000))
            }
        }
        #expect(filler.filled.rawValue <= max(0, now + 60) * 8)
    }

    @Test("A clock that comes late makes up for it, a second at a time")
    func lateClock() {
        var filler = GapFiller(rate: .hz8000)
        _ = steady(&filler, frames: 0..<1)
        let fills = (0..<4).map { _ in filler.clockAdvanced(to: ms(2_580)).rawValue }
        #expect(fills == [8_000, 8_000, 4_160, 0])
    }
}
