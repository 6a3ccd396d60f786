public import SocketLoop

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

/// Loops for the time of a test.
public func withLoops(_ count: Int = 1, _ body: (LoopGroup) async throws -> Void) async throws {
    let group = try LoopGroup(count: count)
    defer { group.stop() }
    try await body(group)
}

extension SocketLoop {
    /// Runs `body` on the loop and waits for its answer.
    public func run<R: Sendable>(_ body: @escaping @Sendable (LoopCore) -> R) async -> R {
        await withCheckedContinuation { continuation in
            execute { core in continuation.resume(returning: body(core)) }
        }
    }
}
