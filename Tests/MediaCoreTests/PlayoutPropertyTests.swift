import Testing
import Timeline

@testable import MediaCore

/// The ledger beside a model that remembers every single sample and never forgets an item.
@Suite("Playout ledger: properties")
struct PlayoutPropertyTests {
    @Test("Whatever happens in whatever order, the book is right", arguments: 0..<60 as Range<UInt64>)
    func random(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<150 { world.step() }
    }

    private struct World: ~Copyable {
        var random: SeededGenerator
        var ledger: PlayoutLedger
        var now = Instant.zero
        /// Whose each received sample of this generation is.
        var owners: [PlayoutItem] = []
        var open: [PlayoutItem] = []
        var old: [PlayoutItem] = []
        var marks: [PlayoutMark] = []
        var oldMarks: [PlayoutMark] = []
        var lastHead = SampleCount.zero
        var heardBefore = 0
        let sourceRate: SampleRate

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            sourceRate = seed % 2 == 0 ? .hz8000 : .hz24000
            ledger = PlayoutLedger(rate: .hz8000, sourceRate: sourceRate, itemLimit: 6, pieceLimit: 8)
        }

        mutating func step() {
            now = now.advanced(byNanoseconds: Int64.random(in: 0...4_000_000, using: &random))
            switch Int.random(in: 0..<24, using: &random) {
            case 0..<3: beginItem()
            case 3..<10: receive()
            case 10..<17: send()
            case 17..<22: acknowledge()
            case 22: open.randomElement(using: &random).map { ledger.finish($0) }
            default: if Int.random(in: 0..<4, using: &random) == 0 { interrupt() }
            }
            check()
        }

        mutating func beginItem() {
            if case .begun(let item) = ledger.beginItem(in: ledger.generation) { open.append(item) }
            if ledger.generation.number > 0 {
                let outdated = PlayoutGeneration(number: ledger.generation.number - 1)
                #expect(ledger.beginItem(in: outdated) == .outdated)
            }
        }

        mutating func receive() {
            if let fenced = old.randomElement(using: &random) {
                #expect(ledger.receive(SampleCount(160), source: SampleCount(160), of: fenced) == false)
            }
            guard let item = Bool.random(using: &random) ? open.last : open.randomElement(using: &random) else {
                return
            }
            let count = Int.random(in: 0...50, using: &random)
            let source = SampleCount(count * sourceRate.rawValue / 8_000)
            guard ledger.receive(SampleCount(count), source: source, of: item) else { return }
            owners += Array(repeating: item, count: count)
        }

        mutating func send() {
            let unsent = ledger.received - ledger.sent
            ledger.send(SampleCount(Int.random(in: 0...unsent.rawValue, using: &random)), at: now)
            if let mark = ledger.mark {
                marks.append(mark)
                #expect(mark.item == owners[mark.end.rawValue - 1])
            }
        }

        mutating func acknowledge() {
            if let outdated = oldMarks.randomElement(using: &random) {
                #expect(ledger.acknowledge(outdated, at: now) == .outdated)
            }
            guard let mark = marks.randomElement(using: &random) else { return }
            let isNews = mark.end > ledger.acknowledged
            #expect(ledger.acknowledge(mark, at: now) == (isNews ? .counted : .meaningless))
            #expect(ledger.acknowledged >= mark.end)
        }

        mutating func interrupt() {
            let head = ledger.playhead(at: now)
            let cuts = ledger.interrupt(at: now)
            for cut in cuts {
                let heard = Milliseconds(owners.prefix(head.rawValue).count { $0 == cut.item } / 8)
                #expect(cut.heard <= heard && heard - cut.heard <= Milliseconds(1))
                #expect(cut.heard <= cut.received)
            }
            // Whoever is not listed any more was heard whole.
            for item in open where !cuts.contains(where: { $0.item == item }) {
                #expect(!owners.dropFirst(head.rawValue).contains(item))
            }
            heardBefore += head.rawValue
            old += open
            oldMarks += marks
            owners = []
            open = []
            marks = []
            lastHead = .zero
        }

        mutating func check() {
            let head = ledger.playhead(at: now)
            #expect(ledger.acknowledged <= head && head <= ledger.sent && ledger.sent <= ledger.received)
            #expect(ledger.received == SampleCount(owners.count))
            #expect(head >= lastHead, "never back")
            lastHead = head
            #expect(ledger.heard(at: now) == SampleCount(heardBefore + head.rawValue))
            for item in open {
                guard let heard = ledger.heard(of: item, at: now) else { continue }
                #expect(heard == SampleCount(owners.prefix(head.rawValue).count { $0 == item }))
            }
            let audible = head < ledger.sent ? owners[head.rawValue] : nil
            #expect(ledger.audibleItem(at: now) == audible)
        }
    }
}
