public import Timeline

/// What the carrier plays to the caller: a queue that is heard at 8,000 bytes a second, with marks between the bytes.
///
/// The moment each byte is heard follows from when it came; only `clear` changes it. Times are exact: a byte lasts
/// 125 microseconds.
public struct Playback: Sendable {
    static let byteNanoseconds: Int64 = 125_000
    /// Ten minutes; what comes on top of that is thrown away.
    public static let capacity = 600 * 8_000

    /// Bytes that are heard without a pause.
    struct Run: Sendable {
        let start: Instant
        /// Of its first byte, counted in bytes from the origin.
        let place: Int
        var bytes: [UInt8]
        var isCut = false

        var end: Instant { start.advanced(byNanoseconds: Int64(bytes.count) * Playback.byteNanoseconds) }
        var endPlace: Int { place + bytes.count }
    }

    private struct Mark: Sendable {
        let name: String
        let due: Instant
    }

    public let origin: Instant
    private(set) var runs: [Run] = []
    private var marks: [Mark] = []
    public private(set) var discardedBytes = 0

    /// - Parameter origin: when the line began to be listened to; place 0 of what was heard.
    public init(origin: Instant) {
        self.origin = origin
    }

    // MARK: what the bridge sends

    /// Appends audio. False: the buffer is full, and all of it was thrown away.
    @discardableResult
    public mutating func play(_ bytes: [UInt8], at now: Instant) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard waitingBytes(at: now) + bytes.count <= Self.capacity else {
            discardedBytes += bytes.count
            return false
        }
        // The last run is asked before it grows and not held: a copy in hand would make it be copied whole.
        let goesOn = runs.last.map { !$0.isCut && $0.end >= now } ?? false
        if goesOn {
            runs[runs.count - 1].bytes += bytes
        } else {
            let place = max(runs.last?.endPlace ?? 0, self.place(at: now))
            runs.append(Run(start: now, place: place, bytes: bytes))
        }
        return true
    }

    /// Queues a mark behind the audio that came before it. Due at once when nothing is queued.
    public mutating func mark(_ name: String, at now: Instant) {
        marks.append(Mark(name: name, due: max(now, runs.last?.end ?? now)))
    }

    /// Stops what is playing, drops what waits, and gives back all marks that were queued, in their order. Bytes that
    /// were never heard are returned as a number.
    public mutating func clear(at now: Instant) -> (marks: [String], droppedBytes: Int) {
        let names = marks.map(\.name)
        marks = []
        guard let last = runs.last, last.end > now else { return (names, 0) }
        let heard = min(last.bytes.count, Int(max(0, last.start.nanoseconds(to: now)) / Self.byteNanoseconds))
        let dropped = last.bytes.count - heard
        runs[runs.count - 1].bytes.removeLast(dropped)
        runs[runs.count - 1].isCut = true
        return (names, dropped)
    }

    // MARK: what comes back

    /// When the next mark is due, if one waits.
    public var nextMark: Instant? { marks.first?.due }

    /// Takes out the marks that are due, in the order in which they came.
    public mutating func dueMarks(at now: Instant) -> [String] {
        let due = marks.prefix { $0.due <= now }
        marks.removeFirst(due.count)
        return due.map(\.name)
    }

    // MARK: what was heard

    public func waitingBytes(at now: Instant) -> Int {
        guard let last = runs.last, last.end > now else { return 0 }
        return Int((now.nanoseconds(to: last.end) + Self.byteNanoseconds - 1) / Self.byteNanoseconds)
    }

    /// The whole bytes of time between the origin and `moment`.
    public func place(at moment: Instant) -> Int {
        Int(max(0, origin.nanoseconds(to: moment)) / Self.byteNanoseconds)
    }

    public func time(at place: Int) -> Instant {
        origin.advanced(byNanoseconds: Int64(place) * Self.byteNanoseconds)
    }

    /// What was heard in a stretch of time that is over, silence included.
    public func heard(_ places: Range<Int>) -> [UInt8] {
        var bytes = [UInt8](repeating: MuLaw.silence, count: places.count)
        for run in runs.reversed() {
            if run.place >= places.upperBound { continue }
            guard run.endPlace > places.lowerBound else { break }
            let overlap = (run.place..<run.endPlace).clamped(to: places)
            for place in overlap { bytes[place - places.lowerBound] = run.bytes[place - run.place] }
        }
        return bytes
    }

    /// All that was heard until `moment`.
    public func recording(until moment: Instant) -> [UInt8] {
        heard(0..<place(at: moment))
    }

    /// Bytes that were heard until `moment`: what the bridge sent, without the silence between.
    public func playedBytes(until moment: Instant) -> Int {
        runs.reduce(0) { $0 + $1.bytes.count } - waitingBytes(at: moment)
    }

    /// Where the audio stopped though nobody had asked for it, and went on within `limit`: the bridge was late.
    public func underruns(shorterThan limit: Duration = .milliseconds(500)) -> [(at: Instant, lasting: Duration)] {
        zip(runs, runs.dropFirst()).compactMap { before, after in
            let pause = before.end.duration(to: after.start)
            return before.isCut || pause <= .zero || pause >= limit ? nil : (before.end, pause)
        }
    }
}
