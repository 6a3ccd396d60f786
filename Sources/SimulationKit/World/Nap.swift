/// A wait that ends once: by its time, or because nobody wants it any more.
///
/// Why @unchecked: a world is turned by one thread.
final class Nap: @unchecked Sendable {
    private var continuation: CheckedContinuation<Void, Never>?
    private var isOver = false

    /// - Parameter wake: Calls what it is given when the time is over.
    static func take(_ wake: (_ end: @escaping () -> Void) -> Void) async throws {
        let nap = Nap()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                nap.begin(continuation)
                wake { nap.end() }
            }
        } onCancel: {
            nap.end()
        }
        try Task.checkCancellation()
    }

    private func begin(_ continuation: CheckedContinuation<Void, Never>) {
        guard !isOver else { return continuation.resume() }
        self.continuation = continuation
    }

    private func end() {
        isOver = true
        continuation?.resume()
        continuation = nil
    }
}
