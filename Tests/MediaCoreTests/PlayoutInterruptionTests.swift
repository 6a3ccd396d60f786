import Testing
import Timeline

@testable import MediaCore

@Suite("Playout ledger: interruption")
struct PlayoutInterruptionTests {
    /// Two items of one second each, all sent at once, interrupted at `time` ms.
    private func cutsOfTwo(at time: Int, finished: Bool = true) -> [PlayoutCut] {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let items = [begin(&ledger), begin(&ledger)]
        for item in items {
            _ = ledger.receive(SampleCount(8_000), source: SampleCount(8_000), of: item)
            if finished { ledger.finish(item) }
        }
        ledger.send(SampleCount(16_000), at: ms(0))
        return ledger.interrupt(at: ms(time))
    }

    @Test(
        "Of two items in one answer, each is corrected by what was heard of it",
        arguments: [
            (0, .remove, .remove), (1, .truncate(after: Milliseconds(1)), .remove),
            (400, .truncate(after: Milliseconds(400)), .remove), (900, .truncate(after: Milliseconds(900)), .remove),
            (901, .none, .remove), (1_000, .none, .remove), (1_001, .none, .truncate(after: Milliseconds(1))),
            (1_500, .none, .truncate(after: Milliseconds(500))), (1_950, .none, .none), (3_000, .none, .none),
        ] as [(Int, PlayoutCut.Correction, PlayoutCut.Correction)])
    func twoItems(time: Int, first: PlayoutCut.Correction, second: PlayoutCut.Correction) {
        #expect(cutsOfTwo(at: time).map(\.correction) == [first, second])
    }

    @Test("An item that was not finished is cut where it was heard to, even at its end")
    func unfinished() {
        #expect(
            cutsOfTwo(at: 3_000, finished: false).map(\.correction)
                == [.truncate(after: Milliseconds(1_000)), .truncate(after: Milliseconds(1_000))])
    }

    @Test("Audio after the finish opens an item again")
    func lateAudio() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        ledger.finish(item)
        _ = ledger.receive(SampleCount(800), source: SampleCount(800), of: item)
        ledger.send(SampleCount(800), at: ms(0))
        #expect(ledger.interrupt(at: ms(500)).map(\.correction) == [.truncate(after: Milliseconds(100))])
    }

    @Test(
        "What waits behind an interrupted item begins the next generation, unless some of it was sent",
        arguments: [
            (0, true), (3_200, true), (8_000, true), (8_001, false),
        ])
    func kept(sent: Int, possible: Bool) throws {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let items = [begin(&ledger), begin(&ledger), begin(&ledger)]
        for (item, count) in zip(items, [8_000, 4_000, 2_000]) {
            _ = ledger.receive(SampleCount(count), source: SampleCount(count), of: item)
        }
        ledger.send(SampleCount(sent), at: ms(0))
        let result = ledger.interrupt(before: items[1], at: ms(100))
        #expect((result != nil) == possible)
        guard let result else { return }
        #expect(result.start == SampleCount(8_000))
        #expect(result.cuts.map(\.item) == [items[0]])
        #expect(result.cuts[0].heard == Milliseconds(sent == 0 ? 0 : 100))
        #expect(ledger.received == SampleCount(6_000) && ledger.sent == .zero)
        ledger.send(SampleCount(6_000), at: ms(100))
        #expect(ledger.interrupt(at: ms(700)).map(\.heard) == [Milliseconds(500), Milliseconds(100)])
    }

    @Test("What is still in our own ring was not heard")
    func unsent() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(80_000), source: SampleCount(80_000), of: item)
        ledger.finish(item)
        ledger.send(SampleCount(3_200), at: ms(0))
        let cuts = ledger.interrupt(at: ms(5_000))
        #expect(cuts.map(\.heard) == [Milliseconds(400)])
        #expect(cuts.map(\.received) == [Milliseconds(10_000)])
        #expect(cuts.map(\.correction) == [.truncate(after: Milliseconds(400))])
    }

    @Test("The cut is never behind what the upstream sent, though the last frame was filled up with silence")
    func neverBeyondReceived() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz24000)
        let item = begin(&ledger)
        _ = ledger.receive(SampleCount(800), source: SampleCount(2_399), of: item)
        _ = ledger.receive(SampleCount(160), source: .zero, of: item)
        ledger.send(SampleCount(960), at: ms(0))
        #expect(ledger.heardTime(of: item, at: ms(60)) == Milliseconds(60))
        #expect(ledger.heardTime(of: item, at: ms(120)) == Milliseconds(99))
        #expect(ledger.interrupt(at: ms(120)).map(\.correction) == [.truncate(after: Milliseconds(99))])
    }

    @Test("An item without any audio is removed")
    func empty() {
        var ledger = PlayoutLedger(rate: .hz8000, sourceRate: .hz8000)
        let item = begin(&ledger)
        ledger.finish(item)
        #expect(
            ledger.interrupt(at: ms(1)) == [
                PlayoutCut(item: item, heard: .zero, received: .zero, correction: .remove)
            ])
        #expect(ledger.interrupt(at: ms(2)).isEmpty)
    }
}
