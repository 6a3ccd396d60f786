/// Events in the order in which they happened, for a test that waits for them. A test that waits in vain is ended by its
/// time limit.
public final class Journal<Event: Sendable>: Sendable {
    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    public init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    public func note(_ event: Event) { continuation.yield(event) }

    public func next() async -> Event? {
        for await event in stream { return event }
        return nil
    }

    /// The next event that `wanted` makes something of.
    public func next<Found>(_ wanted: (Event) -> Found?) async -> Found? {
        for await event in stream {
            if let found = wanted(event) { return found }
        }
        return nil
    }

    public func next(_ count: Int) async -> [Event] {
        var events: [Event] = []
        for await event in stream {
            events.append(event)
            if events.count == count { break }
        }
        return events
    }
}

/// Waits until a fact that nobody announces has come true, at most 20 s. Returns whether it did.
public func become(_ fact: () -> Bool) async -> Bool {
    let limit = ContinuousClock.now + .seconds(20)
    while !fact() {
        guard ContinuousClock.now < limit else { return false }
        await Task.yield()
    }
    return true
}

extension Span<UInt8> {
    public var array: [UInt8] {
        // SAFETY: copied before the pointer is gone.
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}
