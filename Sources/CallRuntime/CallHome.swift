public import CallCore
internal import MediaCore

/// Where calls live together: a loop, and what the calls on it share. Touched on that loop's thread alone.
///
/// Why @unchecked: that thread is the lock.
public final class CallHome: @unchecked Sendable {
    /// Runs something on the loop's thread, in the order of the calls.
    public typealias Aside = @Sendable (_ body: @escaping @Sendable () -> Void) -> Void

    let executor: any SerialExecutor & TaskExecutor
    let aside: Aside
    let loop: any CallLoop
    let dialer: any UpstreamDialing
    let bench = FrameBench()
    let codecs: CodecDesk
    /// 500 calls that all keep two minutes would take this much; a hundred spare pieces cover everyday needs.
    let slabs = SlabPool(limit: 131_072, spares: 128)

    public convenience init(
        on executor: any SerialExecutor & TaskExecutor, loop: any CallLoop, dialer: any UpstreamDialing
    ) {
        self.init(on: executor, loop: loop, dialer: dialer, codecs: CodecDesk())
    }

    package convenience init(
        on executor: any SerialExecutor & TaskExecutor, loop: any CallLoop, dialer: any UpstreamDialing,
        codecs: CodecDesk
    ) {
        self.init(
            on: executor, aside: { body in Task(executorPreference: executor) { body() } }, loop: loop, dialer: dialer,
            codecs: codecs)
    }

    /// - Parameter aside: Gets past whatever holds up the executor's jobs.
    package init(
        on executor: any SerialExecutor & TaskExecutor, aside: @escaping Aside, loop: any CallLoop,
        dialer: any UpstreamDialing, codecs: CodecDesk
    ) {
        self.executor = executor
        self.aside = aside
        self.loop = loop
        self.dialer = dialer
        self.codecs = codecs
    }

    /// Pieces of memory that calls keep audio in; none once all calls are over.
    public var audioPiecesInUse: Int { slabs.inUse }
}
