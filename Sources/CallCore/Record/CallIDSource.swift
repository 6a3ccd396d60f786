internal import Synchronization
public import Timeline

/// Makes the ids of one process, each greater than the one before: of those of one millisecond too, and when the wall
/// clock is set back. So that records, which are listed by id, come in the order in which they began.
public final class CallIDSource: Sendable {
    private let last = Mutex<CallID?>(nil)

    public init() {}

    public func next(at time: UTCTime, using generator: inout some RandomNumberGenerator) -> CallID {
        let fresh = CallID(at: time, using: &generator)
        return last.withLock { last in
            guard let before = last, fresh.milliseconds <= before.milliseconds else {
                last = fresh
                return fresh
            }
            let next = before.next(apart: fresh)
            last = next
            return next
        }
    }

    public func next(at time: UTCTime) -> CallID {
        var generator = SystemRandomNumberGenerator()
        return next(at: time, using: &generator)
    }
}

extension CallID {
    /// A later id of the same millisecond: some steps on, so that nobody can guess one call's id from another's. When
    /// a millisecond is used up, of the next one.
    ///
    /// - Parameter other: Where the number of steps is taken from.
    func next(apart other: CallID) -> CallID {
        advanced(by: other.lowBits % (1 << 32) + 1)
    }
}
