public import SocketLoop

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
