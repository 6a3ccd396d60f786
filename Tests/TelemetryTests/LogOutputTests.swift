import Foundation
import Testing
import Timeline

@testable import Telemetry

@Suite("Log output")
struct LogOutputTests {
    private let dropped = Counter()
    private let pipe = TestPipe()

    private func output(capacity: Int = 4_096) throws -> LogOutput {
        try #require(LogOutput(descriptor: pipe.descriptor, format: .json, capacity: capacity, dropped: dropped))
    }

    private func logger(_ output: LogOutput) -> Logger {
        Logger(component: "test", threshold: .info, destination: output)
    }

    @Test("Lines of one thread arrive whole, in order, and before a flush returns")
    func order() throws {
        let output = try output()
        let logger = logger(output)
        for number in 0..<500 { logger.info("n", "", ["number": .integer(number)]) }
        #expect(output.flush(by: .soon))
        #expect(output.stop(by: .soon))
        let numbers = try pipe.drain().split(separator: "\n").map { parsed($0)?["number"] as? Int }
        #expect(numbers == Array(0..<500))
        #expect(dropped.value == 0)
    }

    @Test("Lines of many threads all arrive, each whole, each thread's in order")
    func threads() async throws {
        let output = try output(capacity: 16_384)
        let logger = logger(output)
        let text = pipe.reading()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for number in 0..<2_000 {
                        logger.info("n", "", ["thread": .integer(thread), "number": .integer(number)])
                    }
                }
            }
        }
        #expect(output.stop(by: .soon))
        try pipe.writer.close()
        let lines = await text.whole().split(separator: "\n").map { parsed($0) }
        #expect(lines.count == 8_000)
        for thread in 0..<4 {
            let numbers = lines.filter { $0?["thread"] as? Int == thread }.map { $0?["number"] as? Int }
            #expect(numbers == Array(0..<2_000))
        }
    }

    @Test("A reader that stands still blocks nobody; what is lost is counted and told once it reads again")
    func stuckReader() async throws {
        // A full queue of these is more than a pipe and a batch hold together.
        let output = try output(capacity: 256)
        let logger = logger(output)
        let message = String(repeating: "x", count: 1_000)
        for _ in 0..<5_000 { logger.info("n", message, ["said": true]) }
        #expect(dropped.value > 1_000)
        #expect(!output.flush(by: Deadline(limit: .milliseconds(30), from: SystemClock.now())))
        let text = pipe.reading()
        #expect(output.flush(by: .soon))
        logger.info("n", "", ["said": true])
        #expect(output.stop(by: .soon))
        let lost = dropped.value
        try pipe.writer.close()
        let lines = await text.whole().split(separator: "\n").map { parsed($0) }
        let said = lines.count { $0?["said"] as? Bool == true }
        #expect(said + Int(lost) == 5_001)
        let told = lines.compactMap { $0?["lines"] as? Int }
        #expect(told.reduce(0, +) == Int(lost))
        #expect(lines.allSatisfy { $0 != nil })
    }

    @Test("A non-blocking descriptor is waited for, not given up")
    func nonBlocking() async throws {
        #expect(fcntl(pipe.descriptor, F_SETFL, O_NONBLOCK) == 0)
        let output = try output(capacity: 8_192)
        let logger = logger(output)
        for _ in 0..<5_000 { logger.info("n", "A line of some length, so that the pipe fills up.") }
        let text = pipe.reading()
        #expect(output.stop(by: .soon))
        try pipe.writer.close()
        #expect(await text.whole().utf8.count { $0 == UInt8(ascii: "\n") } == 5_000)
        #expect(dropped.value == 0)
    }

    @Test("A reader that is gone ends neither the process nor the callers; the lines count as lost")
    func goneReader() throws {
        let output = try output()
        try pipe.reader.close()
        let logger = logger(output)
        for _ in 0..<10 { logger.info("n", "") }
        #expect(output.flush(by: .soon))
        #expect(dropped.value == 10)
        #expect(output.stop(by: .soon))
    }

    @Test("No line lies waiting for the next one, however it falls into the writer's going to sleep")
    func wakeUps() throws {
        let output = try output()
        let logger = logger(output)
        let arrival = PollDescriptor(pipe.reader.fileDescriptor, events: POLLIN)
        for _ in 0..<20_000 {
            logger.info("n", "")
            try #require(arrival.poll(until: .soon))
            var rest = true
            while rest { rest = pipe.reader.availableData.last != UInt8(ascii: "\n") }
        }
        #expect(output.stop(by: .soon))
    }

    @Test("Lines said after the end count as lost")
    func afterStop() throws {
        let output = try output()
        #expect(output.stop(by: .soon))
        logger(output).info("n", "")
        #expect(dropped.value == 1)
        #expect(try pipe.drain().isEmpty)
    }
}

@Suite("Bounded queue")
struct BoundedQueueTests {
    @Test("Holds its capacity and no more, for every fill and many turns", arguments: [2, 4, 8])
    func capacity(capacity: Int) {
        let queue = BoundedQueue<Int>(capacity: capacity)
        var next = 0
        var expected = 0
        for round in 0..<50 {
            let room = capacity - (next - expected)
            let wanted = round % (capacity + 2)
            for step in 0..<wanted {
                #expect(queue.append(next) == (step < room))
                if step < room { next += 1 }
            }
            for _ in 0..<(round * 7 % (capacity + 1)) {
                #expect(queue.hasNext == (expected < next))
                #expect(queue.popFirst() == (expected < next ? expected : nil))
                if expected < next { expected += 1 }
            }
            #expect(queue.accepted == UInt64(next) && queue.taken == UInt64(expected))
        }
    }

    @Test("With producers racing, all that was accepted comes out once and in each producer's order")
    func racing() async {
        let queue = BoundedQueue<(producer: Int, number: Int)>(capacity: 16)
        let producers = 3
        let each = 20_000
        let accepted = await withTaskGroup(of: Int.self) { group in
            for producer in 0..<producers {
                group.addTask { (0..<each).count { queue.append((producer, $0)) } }
            }
            group.addTask {
                var last = [Int](repeating: -1, count: producers)
                var taken = 0
                var idle = 0
                while idle < 100_000 {
                    guard let item = queue.popFirst() else {
                        idle += 1
                        await Task.yield()
                        continue
                    }
                    idle = 0
                    #expect(item.number > last[item.producer])
                    last[item.producer] = item.number
                    taken += 1
                }
                return -taken
            }
            return await group.reduce(0, +)
        }
        var rest = 0
        while queue.popFirst() != nil { rest += 1 }
        #expect(accepted == rest)
    }
}
