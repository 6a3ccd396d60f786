import Testing
import Timeline

@testable import MediaCore

@Suite("Playout ledger")
struct PlayoutLedgerTests {
    @Test("The playhead is the clock since the run began, and stops at what was sent")
    func clock() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        #expect(ledger.playhead(at: ms(5)) == .zero)
        #expect(ledger.receive(SampleCount(8_000), source: SampleCount(8_000), of: item) == true)
        ledger.send(SampleCount(3_200), at: ms(100))
        for (time, head) in [(100, 0), (101, 8), (350, 2_000), (500, 3_200), (9_000, 3_200)] {
            #expect(ledger.playhead(at: ms(time)) == SampleCount(head))
            #expect(ledger.lead(at: ms(time)) == SampleCount(3_200 - head))
            #expect(ledger.remaining(at: ms(time)) == SampleCount(8_000 - head))
        }
        #expect(ledger.audibleItem(at: ms(499)) == item)
        #expect(ledger.audibleItem(at: ms(500)) == nil)
    }

    @Test("After a pause a new run begins where the old one ended")
    func newRun() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        for start in [0, 5_000, 60_000] {
            let before = ledger.sent
            _ = ledger.receive(SampleCount(800), source: SampleCount(800), of: item)
            ledger.send(SampleCount(800), at: ms(start))
            #expect(ledger.playhead(at: ms(start)) == before)
            #expect(ledger.playhead(at: ms(start + 50)) == before + SampleCount(400))
            #expect(ledger.playhead(at: ms(start + 200)) == before + SampleCount(800))
        }
        #expect(ledger.heard(of: item, at: ms(60_050)) == SampleCount(2_000))
    }

    @Test("Sending ahead of time in chunks does not shift the clock")
    func chunks() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(16_000), source: SampleCount(16_000), of: item)
        for time in stride(from: 0, to: 1_500, by: 100) { ledger.send(SampleCount(960), at: ms(time)) }
        #expect(ledger.playhead(at: ms(1_500)) == SampleCount(12_000))
    }

    @Test("A mark proves what was played, even where the clock is behind")
    func markAhead() throws {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(8_000), source: SampleCount(8_000), of: item)
        ledger.send(SampleCount(1_600), at: ms(0))
        let mark = try lastMark(ledger)
        #expect(mark == PlayoutMark(generation: ledger.generation, item: item, end: SampleCount(1_600)))
        ledger.send(SampleCount(6_400), at: ms(10))
        #expect(ledger.acknowledge(mark, at: ms(150)) == .counted)
        #expect(ledger.playhead(at: ms(150)) == SampleCount(1_600))
        #expect(ledger.playhead(at: ms(160)) == SampleCount(1_680), "goes on from there")
        #expect(ledger.acknowledge(mark, at: ms(170)) == .meaningless)
    }

    @Test("When the carrier stands still, the playhead does not run away from its marks")
    func stall() throws {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(80_000), source: SampleCount(80_000), of: item)
        ledger.send(SampleCount(800), at: ms(0))
        let mark = try lastMark(ledger)
        ledger.send(SampleCount(79_200), at: ms(1))
        #expect(ledger.acknowledge(mark, at: ms(4_100)) == .counted)
        #expect(ledger.playhead(at: ms(4_100)) == SampleCount(32_800), "never back")
        // 3 s late: the clock is set to 1 s behind the mark and catches up with the playhead first.
        #expect(ledger.playhead(at: ms(7_100)) == SampleCount(32_800))
        #expect(ledger.playhead(at: ms(7_200)) == SampleCount(33_600))
    }

    @Test("Marks that are foreign, old or impossible count for nothing")
    func wrongMarks() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(1_600), source: SampleCount(1_600), of: item)
        ledger.send(SampleCount(800), at: ms(0))
        for (generation, end) in [(0, 801), (0, 0), (0, -5), (1, 800), (9, 1)] {
            let mark = PlayoutMark(
                generation: PlayoutGeneration(number: UInt32(generation)), item: item, end: SampleCount(end))
            #expect(ledger.acknowledge(mark, at: ms(1)) == .meaningless)
        }
        #expect(ledger.acknowledged == .zero)
    }

    @Test("An interruption returns the marks of what it cleared; they and late audio count for nothing")
    func fencing() throws {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let old = ledger.generation
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(8_000), source: SampleCount(8_000), of: item)
        ledger.send(SampleCount(8_000), at: ms(0))
        let mark = try lastMark(ledger)
        _ = ledger.interrupt(at: ms(250))

        #expect(ledger.acknowledge(mark, at: ms(251)) == .outdated)
        #expect(ledger.receive(SampleCount(160), source: SampleCount(160), of: item) == false)
        #expect(ledger.beginItem(in: old) == .outdated)
        #expect(ledger.heard(of: item, at: ms(900)) == nil)
        #expect(ledger.heard(at: ms(900)) == SampleCount(2_000))
        #expect(ledger.received == .zero && ledger.mark == nil)

        let next = begin(&ledger)
        #expect(next != item)
        _ = ledger.receive(SampleCount(160), source: SampleCount(160), of: next)
        ledger.send(SampleCount(160), at: ms(1_000))
        #expect(ledger.acknowledge(mark, at: ms(1_001)) == .outdated)
        #expect(ledger.heard(at: ms(1_010)) == SampleCount(2_080))
    }

    @Test("The end is when the last word will be over, sent or not")
    func end() throws {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        #expect(ledger.endOfPlayout(at: ms(3)) == nil)
        _ = ledger.receive(SampleCount(8_000), source: SampleCount(8_000), of: item)
        #expect(ledger.endOfPlayout(at: ms(50)) == ms(1_050))
        ledger.send(SampleCount(3_200), at: ms(100))
        #expect(ledger.endOfPlayout(at: ms(300)) == ms(1_100))
        #expect(ledger.endOfPlayout(at: ms(600)) == ms(1_200), "100 ms were lost: nothing was sent in time")
        ledger.send(SampleCount(4_800), at: ms(600))
        #expect(ledger.endOfPlayout(at: ms(700)) == ms(1_200))
        #expect(ledger.endOfPlayout(at: ms(5_000)) == ms(1_200), "it has passed; the mark is missing")
        #expect(ledger.acknowledge(try lastMark(ledger), at: ms(5_000)) == .counted)
        #expect(ledger.endOfPlayout(at: ms(5_000)) == nil)
    }

    @Test("It takes so many items and no more; those that were heard make room")
    func bounded() throws {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000, itemLimit: 2)
        let first = begin(&ledger)
        _ = begin(&ledger)
        _ = ledger.receive(SampleCount(160), source: SampleCount(160), of: first)
        #expect(ledger.beginItem(in: ledger.generation) == .full)
        ledger.send(SampleCount(160), at: ms(0))
        #expect(ledger.beginItem(in: ledger.generation) == .full)
        #expect(ledger.acknowledge(try lastMark(ledger), at: ms(20)) == .counted)
        guard case .begun = ledger.beginItem(in: ledger.generation) else {
            Issue.record("no room")
            return
        }
        #expect(ledger.heard(of: first, at: ms(20)) == nil)
        #expect(ledger.heard(at: ms(20)) == SampleCount(160))
    }

    @Test("Audio of items that are mixed up without end is refused")
    func mixedUp() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000, pieceLimit: 4)
        let items = [begin(&ledger), begin(&ledger)]
        let taken = (0..<10).filter { ledger.receive(SampleCount(1), source: SampleCount(1), of: items[$0 % 2]) }
        #expect(taken == [0, 1, 2, 3, 5, 7, 9], "more of the last one needs no room")
        #expect(ledger.received == SampleCount(7))
    }
}

func ms(_ count: Int) -> Instant { Instant(nanoseconds: Int64(count) * 1_000_000) }

func lastMark(_ ledger: borrowing PlayoutLedger) throws -> PlayoutMark {
    let mark = ledger.mark
    return try #require(mark)
}

func begin(_ ledger: inout PlayoutLedger) -> PlayoutItem {
    guard case .begun(let item) = ledger.beginItem(in: ledger.generation) else { preconditionFailure("not begun") }
    return item
}
