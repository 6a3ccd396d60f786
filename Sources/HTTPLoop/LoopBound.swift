package import SocketLoop

/// Something that lives on one loop, in the hands of somebody elsewhere: it can be sent work, and not be touched.
package struct LoopBound<Value: AnyObject>: @unchecked Sendable {
    // Why @unchecked: away from the loop only the reference count is used, which is atomic.
    private let value: Value
    private let executor: LoopExecutor

    package init(_ value: Value, on executor: LoopExecutor) {
        self.value = value
        self.executor = executor
    }

    /// Runs `body` on the loop, in the order of the calls. False when the loop is over: it will never run.
    @discardableResult
    package func onLoop(_ body: @escaping @Sendable (Value) -> Void) -> Bool {
        executor.execute { body(value) }
    }
}
