internal import HTTPLoop
public import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline

/// Makes calls, side by side if there are many, and reports what became of them.
public final class PhoneRun: Sendable {
    public typealias Watcher = @Sendable (_ call: Int, PhoneNews, _ at: Duration) -> Void

    private let setting: PhoneSetting
    private let group: LoopGroup
    private let clients: [HTTPClient]
    private let calls = CarrierCalls()
    private let server = Mutex<HTTPServer?>(nil)
    private let watcher: Watcher
    private let isGivenUp = Mutex(false)

    /// - Parameter watcher: hears what happens, on any thread.
    public init(_ setting: PhoneSetting, on group: LoopGroup, watcher: @escaping Watcher) {
        self.setting = setting
        self.group = group
        self.watcher = watcher
        clients = group.loops.map { HTTPClient(on: $0, tls: setting.tls) }
    }

    /// Serves the carrier's REST side for these calls. Returns where.
    public func serveAPI(at address: SocketAddress) throws(SocketError) -> SocketAddress {
        var options = PracticeCarrier.Options()
        options.token = setting.token
        let server = try HTTPServer(
            at: address, group: group, service: PracticeCarrier(options: options, calls: calls))
        self.server.withLock { $0 = server }
        return server.address
    }

    /// - Parameters:
    ///   - rate: calls begun in a second; nil begins all at once.
    ///   - entry: where they begin, if that was not known before: a bridge has to know the REST side to start.
    public func run(
        calls count: Int, rate: Double? = nil, at entry: PhoneSetting.Entry? = nil
    ) async -> RunReport {
        var setting = setting
        setting.entry = entry ?? setting.entry
        let began = SystemClock.now()
        let reports = await withTaskGroup(of: CallReport.self) { tasks in
            for number in 1...max(1, count) {
                if let rate, number > 1 { await wait(until: began, plus: Double(number - 1) / rate) }
                if isGivenUp.withLock({ $0 }) { break }
                let call = makeCall(number, setting)
                // Who gave up between the two lines has not seen this call.
                if isGivenUp.withLock({ $0 }) { _ = call.end(.interrupted) }
                tasks.addTask { await call.run() }
            }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        for client in clients { client.close() }
        server.withLock { $0 }?.close()
        return RunReport(
            seed: setting.seed, calls: reports.sorted { $0.number < $1.number },
            duration: began.duration(to: SystemClock.now()))
    }

    /// Ends all calls at once, and begins no more.
    public func giveUp() {
        isGivenUp.withLock { $0 = true }
        for call in calls.all { _ = call.end(.interrupted) }
    }

    private func makeCall(_ number: Int, _ setting: PhoneSetting) -> PhoneCall {
        let place = (number - 1) % group.loops.count
        let call = PhoneCall(number: number, setting: setting, loop: group.loops[place], client: clients[place]) {
            [watcher] news, time in
            watcher(number, news, time)
        }
        calls.add(call)
        return call
    }

    private func wait(until began: Instant, plus seconds: Double) async {
        let left = SystemClock.now().duration(to: began.advanced(by: Duration(seconds: seconds) ?? .zero))
        if left > .zero { try? await Task.sleep(for: left) }
    }
}
