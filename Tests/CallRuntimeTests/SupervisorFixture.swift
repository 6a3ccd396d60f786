import Addresses
import CallCore
import CallStore
import HTTPLoop
import SocketLoop
import Synchronization
import Telemetry
import Timeline
import UpstreamWire
import Wording

@testable import CallRuntime

/// One call on a real loop. The test moves its clock, its timers never come, and the work of its actor can be held up.
final class SupervisorFixture: Sendable {
    static let call = "CA11111111111111111111111111111111"

    /// Touched on the loop's thread alone.
    private final class Inside: @unchecked Sendable {
        let clock = VirtualLoop()
        let socket = CarrierSocket()
        let dialer = SilentDialer()
        var end: (any CallSocketOwner)?
    }

    let store = MemoryCallStore()
    let registry = MetricsRegistry()
    let executor: HeldExecutor
    let supervisor: CallSupervisor
    let switchboard: Switchboard
    private let loop: SocketLoop
    private let inside = Inside()
    private let mirror: Mirror

    init() throws {
        let loop = try SocketLoop()
        loop.start()
        self.loop = loop
        executor = HeldExecutor(loop.executor)
        let time = Mirror(inside.clock.now)
        mirror = time
        var services = CallServices(
            directory: AgentDirectory(agents: [], numbers: [], upstreams: [.openAI]),
            providers: [
                .openAI: OpenAIProvider(
                    OpenAIConnection(url: try WebURL("ws://127.0.0.1:9/v1/realtime"), apiKey: Secret("key")),
                    model: "model")
            ],
            gates: UpstreamGates([.openAI]), store: store, ids: CallIDSource(), carrier: nil,
            tokens: TokenDesk(secret: Secret("secret"), isRequired: false), rules: CallRules(),
            metrics: CallMetrics(registry), logger: .off, errors: ErrorSink(logger: .off, registry: registry),
            node: "node")
        services.now = { time.now }
        switchboard = Switchboard(services, upstreamLimits: .init(), tls: try TLSClientContext())
        supervisor = CallSupervisor(of: switchboard)
    }

    deinit { loop.stop() }

    /// The clock as others than the loop read it.
    private final class Mirror: Sendable {
        private let instant: Mutex<Instant>
        init(_ instant: Instant) { self.instant = Mutex(instant) }
        var now: Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 = $0.advanced(by: duration) } }
    }

    func advance(_ duration: Duration) {
        mirror.advance(duration)
        let now = mirror.now
        loop.wait { [inside] _ in inside.clock.now = now }
    }

    /// What is queued on the loop by now has run.
    func turn() { loop.wait { _ in } }

    /// Opens the carrier's socket, and has it say which call it is.
    func begin(saying start: Bool = true) {
        loop.wait { [switchboard, executor, inside, loop] _ in
            let home = CallHome(
                on: executor, aside: { body in _ = loop.executor.execute(body) }, loop: inside.clock,
                dialer: inside.dialer, codecs: CodecDesk())
            inside.end = switchboard.takeStream(in: home, isTrusted: true) {}
            inside.socket.owner = inside.end
            inside.end?.socketOpened(inside.socket)
            guard start else { return }
            let text =
                #"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1","#
                + #""callSid":"\#(Self.call)","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","#
                + #""sampleRate":8000,"channels":1},"customParameters":{}}}"#
            inside.end?.socket(inside.socket, received: text.utf8.span)
        }
    }

    var isSocketOpen: Bool { loop.wait { [inside] _ in !inside.socket.isKilled } }

    var tornDown: UInt64 { registry.counter(.callsTornDown).value }

    func record() async throws -> CallRecord? { try await store.record(of: .provider(Self.call)) }

    /// Once it is final; a record that never is ends the test by its time limit.
    func finalRecord() async throws -> CallRecord {
        while true {
            if let record = try await record(), record.status.isFinal { return record }
            await Task.yield()
        }
    }

    func finals() async throws -> Int {
        try await store.events(of: .provider(Self.call))?.count { $0.kind == .callFinal } ?? 0
    }
}

/// A loop's executor whose jobs can be held up, while its thread goes on.
final class HeldExecutor: SerialExecutor, TaskExecutor {
    private struct State {
        var isHeld = false
        var jobs: [UnownedJob] = []
    }

    private let loop: LoopExecutor
    private let state = Mutex(State())

    init(_ loop: LoopExecutor) { self.loop = loop }

    func hold() { state.withLock { $0.isHeld = true } }

    func letGo() {
        let jobs = state.withLock { state in
            state.isHeld = false
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { run(job) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isHeld = state.withLock { state in
            if state.isHeld { state.jobs.append(job) }
            return state.isHeld
        }
        if !isHeld { run(job) }
    }

    private func run(_ job: UnownedJob) {
        loop.execute { [self] in
            unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }
    func isIsolatingCurrentContext() -> Bool? { loop.isCurrent }
    func checkIsolated() { loop.checkIsolated() }
}

/// Never answers.
private final class SilentDialer: UpstreamDialing {
    func dial(
        _ request: UpstreamConnectRequest, deadline: Deadline, owner: any CallSocketOwner,
        failed: @escaping (UpstreamRefusal) -> Void
    ) -> any UpstreamDial {
        Dial()
    }

    private final class Dial: UpstreamDial {
        func cancel() {}
    }
}

private final class CarrierSocket: CallSocket {
    var owner: (any CallSocketOwner)?
    private(set) var isKilled = false

    func send(text: Span<UInt8>) -> CallSocketSent { .sent }
    func close(code: UInt16, reason: String) {}
    func kill() { isKilled = true }
    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}
}
