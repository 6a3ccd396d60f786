import TestSupport
import Testing
import Timeline

@testable import SocketLoop

@Suite("Timer queue")
struct TimerQueueTests {
    @Test("Gives timers in the order of their deadlines, whatever happens between", arguments: 0..<50)
    func agreesWithASortedList(seed: UInt64) {
        var random = Seeded(seed: seed)
        var queue = TimerQueue<Int>()
        var model: [(id: TimerID, due: Int, payload: Int)] = []
        for step in 0..<400 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1, 2:
                let due = Int.random(in: 0..<100, using: &random)
                model.append((queue.schedule(at: Instant(nanoseconds: Int64(due)), step), due, step))
            case 3:
                guard let place = model.indices.randomElement(using: &random) else { continue }
                let due = Int.random(in: 0..<100, using: &random)
                let isMoved = queue.move(model[place].id, to: Instant(nanoseconds: Int64(due)))
                #expect(isMoved)
                model[place].due = due
            case 4:
                guard let place = model.indices.randomElement(using: &random) else { continue }
                let isCancelled = queue.cancel(model[place].id)
                let isCancelledTwice = queue.cancel(model[place].id)
                #expect(isCancelled && !isCancelledTwice)
                model.remove(at: place)
            default:
                let now = Int.random(in: 0..<100, using: &random)
                let due = queue.firstDue(at: Instant(nanoseconds: Int64(now)))
                let earliest = model.map(\.due).min()
                if let due {
                    let place = model.firstIndex { $0.id == due.id }!
                    #expect(model[place].payload == due.payload)
                    #expect(model[place].due == earliest)
                    #expect(model[place].due <= now)
                    queue.cancel(due.id)
                    model.remove(at: place)
                } else {
                    #expect(earliest.map { $0 > now } ?? true)
                }
            }
            let (count, earliest) = (queue.count, queue.earliest)
            #expect(count == model.count)
            #expect(earliest == model.map(\.due).min().map { Instant(nanoseconds: Int64($0)) })
        }
    }

    @Test("A name that outlived its timer never reaches the timer that took its place")
    func staleNames() {
        var queue = TimerQueue<String>()
        let first = queue.schedule(at: .zero, "first")
        queue.cancel(first)
        let second = queue.schedule(at: .zero, "second")
        let isCancelledTwice = queue.cancel(first)
        let isMoved = queue.move(first, to: .distantFuture)
        let due = queue.firstDue(at: .zero)?.id
        #expect(!isCancelledTwice && !isMoved)
        #expect(due == second)
    }
}
