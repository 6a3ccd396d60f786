internal import CarrierWire
internal import Synchronization
internal import Timeline

/// One call's way through its codec on another thread, and back in order. What goes in is copied into one of a fixed
/// number of seats; with all of them taken nothing more goes in.
///
/// Why @unchecked: a seat is the loop's until it is submitted, the worker's until it is done, then the loop's again. The
/// two counters hand it over.
package final class CodecLane: @unchecked Sendable {
    enum Order {
        /// A packet of the caller's, behind so many that got lost.
        case hear(lost: Int, timestamp: Int64?)
        /// A frame of the agent's.
        case speak
        /// Nothing to code: it only keeps its place among the frames.
        case mark(MarkName)
    }

    final class Seat {
        var order = Order.speak
        var asked = Instant.zero
        var generation = 0
        var bytes: Piece<UInt8>
        var byteCount = 0
        var samples: Piece<Int16>
        var sampleCount = 0
        var heard = OpusEar.Heard()

        init(byteCount: Int, sampleCount: Int) {
            bytes = Piece(count: byteCount)
            samples = Piece(count: sampleCount)
        }
    }

    /// Memory of a seat's own.
    struct Piece<Element: BinaryInteger & BitwiseCopyable>: ~Copyable {
        private var elements: [Element]

        init(count: Int) { elements = Array(repeating: 0, count: count) }

        var count: Int { elements.count }

        borrowing func read<R>(first count: Int, _ body: (Span<Element>) -> R) -> R {
            body(elements.span.extracting(first: count))
        }

        mutating func write<R>(_ body: (inout MutableSpan<Element>) -> R) -> R {
            var span = elements.mutableSpan
            return body(&span)
        }
    }

    /// More than the 400 ms that the carrier is supplied with, and their marks.
    static let seatCount = 32

    private let ear: OpusEar?
    private let mouth: OpusMouth?
    private let worker: any CodecWorking
    private let seats: [Seat]
    /// On the loop.
    private let collect: () -> Void
    /// All that was put in and taken out, the loop's.
    private var put = 0
    private var taken = 0
    private let submitted = Atomic(0)
    private let done = Atomic(0)
    private let isQueued = Atomic(false)
    private let isToldOf = Atomic(false)
    private let isClosed = Atomic(false)

    /// - Parameters:
    ///   - sampleCount: The most that a message is decoded to, and no less than a frame.
    ///   - collect: Called on the loop when something is done.
    init(
        ear: OpusEar?, mouth: OpusMouth?, on worker: any CodecWorking, sampleCount: Int, collect: @escaping () -> Void
    ) {
        self.ear = ear
        self.mouth = mouth
        self.worker = worker
        self.collect = collect
        seats = (0..<Self.seatCount).map { _ in Seat(byteCount: OpusMouth.byteCount, sampleCount: sampleCount) }
    }

    // MARK: on the loop

    /// Lends a seat to fill. False: all are taken, or what is to go in is too large for one.
    func submit(_ fill: (Seat) -> Bool) -> Bool {
        guard put - taken < seats.count, fill(seats[put % seats.count]) else { return false }
        put += 1
        submitted.store(put, ordering: .sequentiallyConsistent)
        if !isQueued.exchange(true, ordering: .sequentiallyConsistent) { worker.enqueue(self) }
        return true
    }

    /// Lends what is done and was not lent before, in the order in which it went in.
    func takeDone(_ use: (Seat) -> Void) {
        let ready = done.load(ordering: .sequentiallyConsistent)
        while taken < ready, !isClosed.load(ordering: .relaxed) {
            let seat = seats[taken % seats.count]
            taken += 1
            use(seat)
        }
    }

    /// When the oldest packet went in that was not taken out; nil if there is none.
    var hearingSince: Instant? {
        for place in taken..<put {
            let seat = seats[place % seats.count]
            if case .hear = seat.order { return seat.asked }
        }
        return nil
    }

    /// All that was put in has been taken out.
    var isIdle: Bool { taken == put }

    /// Nothing of it is wanted any more.
    func close() { isClosed.store(true, ordering: .relaxed) }

    /// What the worker has the loop do.
    package func collectOnLoop() {
        isToldOf.store(false, ordering: .sequentiallyConsistent)
        if !isClosed.load(ordering: .relaxed) { collect() }
    }

    // MARK: on the worker

    /// Does all that is submitted. Returns whether the loop is to be told.
    package func work() -> Bool {
        isQueued.store(false, ordering: .sequentiallyConsistent)
        var next = done.load(ordering: .relaxed)
        while next < submitted.load(ordering: .sequentiallyConsistent), !isClosed.load(ordering: .relaxed) {
            work(on: seats[next % seats.count])
            next += 1
            done.store(next, ordering: .sequentiallyConsistent)
        }
        return !isToldOf.exchange(true, ordering: .sequentiallyConsistent)
    }

    private func work(on seat: Seat) {
        switch seat.order {
        case .hear(let lost, _):
            seat.heard = seat.bytes.read(first: seat.byteCount) { packet in
                seat.samples.write { ear?.hear(packet, lost: lost, into: &$0) } ?? OpusEar.Heard()
            }
        case .speak:
            seat.byteCount = seat.samples.read(first: seat.sampleCount) { frame in
                seat.bytes.write { mouth?.speak(frame, into: &$0) } ?? 0
            }
        case .mark: break
        }
    }
}
