internal import CTransport
public import Timeline

/// The inside of a loop: its sockets, timers, grid and resolver. Exists on the loop's thread alone; `SocketLoop.execute`
/// lends it to whoever comes from elsewhere.
@safe
public final class LoopCore {
    /// Called when its time has come; returns when it wants to be called again, under the same id, or nil.
    public typealias TimerAction = (_ now: Instant) -> Instant?

    /// Timers that fire in one turn. The rest waits for the next, so that sockets are not kept waiting.
    private static let timersPerTurn = 256

    public let index: Int
    public let executor: LoopExecutor
    let handle: OpaquePointer
    let resolver = Resolver()
    /// What the loop's end ends, by whose it is.
    private var endings: [ObjectIdentifier: () -> Void] = [:]
    /// Nothing new begins any more.
    public private(set) var isEnding = false
    private var isFreeable = false
    private let grid = MediaGrid()
    private let random = Owned(RandomWords())
    private let timers = Owned(TimerQueue<Timed>())
    private var armed: Instant?
    private static let scratchBytes = 65_536
    private let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: LoopCore.scratchBytes)
    private var isScratchLent = false

    init(index: Int) throws(SocketError) {
        var callbacks = LoopCallbacks.table
        guard let handle = unsafe pb_loop_create(&callbacks) else { throw .loopUnavailable }
        self.index = index
        unsafe self.handle = handle
        unsafe executor = LoopExecutor(loop: handle)
        unsafe scratch.initialize(repeating: 0)
        // SAFETY: the loop calls back only while it runs or is destroyed, and `SocketLoop` keeps this object until then.
        unsafe pb_loop_set_context(handle, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        unsafe scratch.deallocate()
        if isFreeable { unsafe pb_loop_free(handle) }
    }

    /// Reads the monotonic clock.
    public var now: Instant { Instant(nanoseconds: Int64(pb_now())) }

    /// When this turn of the loop began, to the millisecond. Costs nothing, so it is the clock for signs of life.
    public var turnTime: Instant { Instant(nanoseconds: Int64(unsafe pb_loop_turn_time(handle))) }

    /// Serves the loop on the calling thread until it is stopped.
    func run() {
        executor.claimThread()
        unsafe pb_loop_run(handle, "loop-\(index)")
        _ = executor.drain()
        isEnding = true
        for end in endings.values { end() }
        endings = [:]
        // What was queued in time still runs, and finds a loop that begins nothing new.
        executor.close()
        _ = executor.drain()
        isFreeable = unsafe pb_loop_end(handle)
        _ = executor.drain()
    }

    func stop() {
        unsafe pb_loop_stop(handle)
    }

    /// Has the loop's end call `end`, which keeps alive what it holds, unless `owner` is forgotten before.
    public func whenEnding(_ owner: AnyObject, _ end: @escaping () -> Void) {
        endings[ObjectIdentifier(owner)] = end
    }

    public func forgetEnding(_ owner: AnyObject) {
        endings[ObjectIdentifier(owner)] = nil
    }

    // MARK: timers

    /// Calls `action` once `due` has come (at most a millisecond late on an idle loop), and again when it says so.
    public func schedule(at due: Instant, _ action: @escaping TimerAction) -> TimerID {
        timers.value.schedule(at: due, Timed(action))
    }

    public func schedule(after delay: Duration, _ action: @escaping TimerAction) -> TimerID {
        schedule(at: now.advanced(by: delay), action)
    }

    /// Does nothing for a timer that has fired.
    public func cancel(_ timer: TimerID) {
        timers.value.cancel(timer)
    }

    @discardableResult
    public func move(_ timer: TimerID, to due: Instant) -> Bool {
        timers.value.move(timer, to: due)
    }

    public var timerCount: Int { timers.value.count }

    func timerDue() {
        armed = nil
        let now = self.now
        for _ in 0..<Self.timersPerTurn {
            guard let (id, timed) = timers.value.firstDue(at: now) else { return }
            // It keeps its name while it repeats, so that its owner can still cancel it.
            if let next = timed.action(now) { timers.value.move(id, to: next) } else { timers.value.cancel(id) }
        }
    }

    /// Runs queued work, then sets the one timer of the shim. Returns whether work is left.
    func beforeBlock() -> Bool {
        let isWorkLeft = executor.drain()
        let earliest = timers.value.earliest
        if earliest != armed {
            armed = earliest
            unsafe pb_loop_arm(handle, earliest.map { UInt64(max(1, $0.nanoseconds)) } ?? 0)
        }
        return isWorkLeft
    }

    // MARK: the media grid

    /// Calls `listener` on every tick of the 20 ms grid until it is removed.
    public func addToGrid(_ listener: any MediaGridListener) {
        if grid.add(listener) { unsafe pb_loop_grid(handle, UInt64(MediaGrid.period)) }
    }

    /// Calls it on the next tick, however long it is spared.
    public func hurryOnGrid(_ listener: any MediaGridListener) { grid.hurry(listener) }

    public func removeFromGrid(_ listener: any MediaGridListener) {
        if grid.remove(listener) { unsafe pb_loop_grid(handle, 0) }
    }

    func gridTick(missed: UInt64) {
        grid.tick(at: now, periods: missed)
    }

    // MARK: randomness

    /// Unpredictable, from the kernel, at the price of an array read.
    public func randomWord() -> UInt32 { random.value.next() }

    // MARK: scratch

    /// Lends at least `byteCount` bytes of whatever content for the time of `body`. One buffer a loop, made once, serves
    /// all that is small; a call from inside `body`, or a larger one, gets its own.
    public func withScratch<R>(byteCount: Int, _ body: (inout MutableSpan<UInt8>) -> R) -> R {
        guard byteCount <= Self.scratchBytes, !isScratchLent else {
            var own = [UInt8](repeating: 0, count: byteCount)
            var span = own.mutableSpan
            return body(&span)
        }
        isScratchLent = true
        defer { isScratchLent = false }
        // SAFETY: lent to one at a time, and not past this call.
        var span = unsafe MutableSpan(_unsafeElements: scratch)
        return body(&span)
    }

    // MARK: facts

    /// What went through libwebsockets' raw role on this loop.
    public var traffic: LoopTraffic { LoopTraffic(unsafe pb_loop_traffic(handle)) }
}

/// Holds an action as an object: a closure taken in and out of a generic queue would be wrapped anew each time.
private final class Timed {
    let action: LoopCore.TimerAction

    init(_ action: @escaping LoopCore.TimerAction) {
        self.action = action
    }
}

/// Bytes and calls that one loop moved, and the streams it has.
public struct LoopTraffic: Hashable, Sendable {
    public let receivedBytes: UInt64
    public let receives: UInt64
    public let writtenBytes: UInt64
    public let writes: UInt64
    public let openStreams: UInt64

    init(_ traffic: pb_traffic) {
        receivedBytes = traffic.raw_received_bytes
        receives = traffic.raw_received_calls
        writtenBytes = traffic.raw_written_bytes
        writes = traffic.raw_written_calls
        openStreams = traffic.streams_open
    }
}
