internal import Addresses
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline
internal import Wording

/// One call as the carrier runs it: the webhook, its document, the streams, and what is told of it all.
final class PhoneCall: Sendable {
    /// What others may do to it and ask of it.
    struct State {
        var status = "queued"
        var began: Instant
        var created: UTCTime
        var answered: UTCTime?
        var ended: UTCTime?
        var stream: LoopBound<PhoneStream>?
        var isToEnd: StreamReport.EndedBy?
        /// A new document takes the place of the one that runs.
        var replacement: [CallInstruction]?
        /// What machine detection found.
        var answeredBy: String?
    }

    /// What the run of a call carries along.
    struct Course {
        var report: CallReport
        var script: ScriptMachine
        var lastCode: UInt16 = WebSocketEnding.abnormal
        var endWasExpected = false
        /// Whether a document of the bridge says what happens; else it was told where the stream is.
        var hasDocument: Bool
        var callbacks: CallbackPlan
        /// Callbacks under way.
        var posts: [Task<CallReport.Request, Never>] = []
        var answered: Instant?
        var sipCode: Int?
        /// Ends the call when it has lasted as long as it may.
        var limit: Task<Void, Never>?
    }

    private enum Next {
        case goOn
        case replace([CallInstruction])
        case end
    }

    /// Documents may send each other in circles.
    private static let mostInstructions = 50

    let identity: StreamWriter.Identity
    let setting: PhoneSetting
    let state: Mutex<State>
    private let number: Int
    private let loop: SocketLoop
    let requests: CarrierRequests
    let tell: @Sendable (PhoneNews, Duration) -> Void

    init(
        number: Int, setting: PhoneSetting, loop: SocketLoop, client: HTTPClient,
        tell: @escaping @Sendable (PhoneNews, Duration) -> Void
    ) {
        var random = SeededRandom(seed: setting.seed &+ UInt64(number) &* 0x1_0001)
        identity = StreamWriter.Identity(
            account: setting.account ?? "AC\(SeededRandom.hex(32, seed: setting.seed))", call: "CA\(random.hex(32))",
            stream: "MZ\(random.hex(32))")
        self.number = number
        self.setting = setting
        self.loop = loop
        self.tell = tell
        requests = CarrierRequests(setting: setting, client: client)
        state = Mutex(State(began: SystemClock.now(), created: SystemClock.utc()))
    }

    func run() async -> CallReport {
        let began = SystemClock.now()
        let report = CallReport(number: number, call: identity.call, account: identity.account)
        var course = Course(
            report: report, script: ScriptMachine(setting.script, at: began),
            hasDocument: setting.entry.hasDocument, callbacks: CallbackPlan(setting.callbackFaults))
        var queue: [CallInstruction] = []
        if await isAnswered(&course) { queue = await firstInstructions(&course) }
        var left = Self.mostInstructions
        while !queue.isEmpty, state.withLock({ $0.isToEnd == nil }) {
            guard left > 0 else {
                fail("the documents send the call in circles", &course)
                break
            }
            left -= 1
            let instruction = queue.removeFirst()
            switch await carryOut(instruction, &course) {
            case .goOn: continue
            case .replace(let others):
                queue = others
                course.hasDocument = true
            case .end: queue = []
            }
        }
        await finish(&course, since: began)
        return course.report
    }

    /// What the call begins with: what the webhook answers, or the stream that was named.
    private func firstInstructions(_ course: inout Course) async -> [CallInstruction] {
        defer { state.withLock { $0.answered = $0.answered ?? SystemClock.utc() } }
        switch setting.entry {
        case .document(let instructions): return instructions
        case .stream(let url):
            await tellStatus("in-progress", &course)
            return [
                .connect(CallInstruction.Stream(url: url.description, parameters: setting.parameters))
            ]
        case .voice(let url):
            let isInbound = setting.direction == .inbound
            if !isInbound, setting.callee == nil { await tellStatus("in-progress", &course) }
            let status = isInbound ? "ringing" : "in-progress"
            let queue = await ask(url.description, kind: "voice", status: status, &course)
            guard let queue else {
                course.report.status = "failed"
                return []
            }
            if isInbound { setStatus("in-progress") }
            return queue
        }
    }

    private func carryOut(_ instruction: CallInstruction, _ course: inout Course) async -> Next {
        if course.hasDocument {
            course.report.instructions.append(instruction.shown)
            tell(.instruction(instruction.shown), time)
        }
        switch instruction {
        case .connect(let stream): return await connect(stream, &course)
        case .say, .play, .other: return .goOn
        case .pause(let duration):
            await pause(duration)
            return .goOn
        case .dial(_, let action):
            guard let action else { return .end }
            return await ask(action, kind: "dial-action", status: "in-progress", &course).map { .replace($0) } ?? .end
        case .redirect(let url):
            return await ask(url, kind: "redirect", status: "in-progress", &course).map { .replace($0) } ?? .end
        case .reject(let reason):
            course.report.status = reason == "busy" ? "busy" : "no-answer"
            fail("the bridge rejected the call", &course)
            return .end
        case .hangUp: return .end
        }
    }

    /// In steps, so that the call's end is not waited out.
    func pause(_ duration: Duration) async {
        let end = SystemClock.now().advanced(by: duration)
        while SystemClock.now() < end, state.withLock({ $0.isToEnd == nil && $0.replacement == nil }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: streams

    private func connect(_ wanted: CallInstruction.Stream, _ course: inout Course) async -> Next {
        let url: WebURL
        do throws(WebURL.Problem) {
            url = try setting.address.dialled(wanted.url)
        } catch {
            fail("the Stream's url '\(PeerText(wanted.url))' cannot be used", &course)
            return .goOn
        }
        let plan = plan(wanted, url, number: course.report.streams.count)
        await tellStream(wanted, plan.identity, "stream-started", &course)
        let outcome = await run(plan, course.script)
        course.script = outcome.script
        course.report.failures += outcome.failures
        course.report.streams.append(outcome.report)
        course.lastCode = outcome.report.end?.code ?? WebSocketEnding.abnormal
        course.endWasExpected = outcome.endWasExpected
        let by = outcome.report.end?.by ?? .lost
        let isBroken = by == .lost || by == .refused
        await tellStream(wanted, plan.identity, isBroken ? "stream-error" : "stream-stopped", &course)
        return await afterStream(wanted, by, &course)
    }

    private func plan(_ wanted: CallInstruction.Stream, _ url: WebURL, number: Int) -> StreamPlan {
        var identity = self.identity
        if number > 0 {
            let seed = setting.seed &+ UInt64(self.number) &* 0x1_0001 &+ UInt64(number) &* 0x1_0000_0001
            identity = StreamWriter.Identity(
                account: identity.account, call: identity.call, stream: "MZ\(SeededRandom.hex(32, seed: seed))")
        }
        let known = setting.address.known(url)
        let isTwilio = setting.dialect == .twilio
        return StreamPlan(
            identity: identity, dialect: setting.dialect,
            parties: StreamWriter.Parties(from: setting.from, to: setting.to), url: url,
            signature: isTwilio ? setting.token.map { CarrierSignature.sign(url: known, token: $0) } : nil,
            streamToken: isTwilio ? nil : setting.token, parameters: wanted.parameters, speeches: setting.speeches,
            seed: setting.seed &+ UInt64(self.number), openingLimit: setting.openingLimit,
            timeLimit: setting.timeLimit, tls: setting.tls)
    }

    private func run(_ plan: StreamPlan, _ script: ScriptMachine) async -> PhoneStream.Outcome {
        let outcome = await withCheckedContinuation { continuation in
            loop.execute { [self] core in
                let stream = PhoneStream(plan, script: script, on: core, tell: tell) {
                    continuation.resume(returning: $0)
                }
                let end = state.withLock { state in
                    state.stream = LoopBound(stream, on: core.executor)
                    return state.isToEnd
                }
                stream.open()
                if let end { stream.hangUp(as: end) }
            }
        }
        state.withLock { $0.stream = nil }
        return outcome
    }

    private func afterStream(
        _ wanted: CallInstruction.Stream, _ by: StreamReport.EndedBy, _ course: inout Course
    ) async -> Next {
        if let replacement = state.withLock({ $0.replacement }) {
            state.withLock { $0.replacement = nil }
            return .replace(replacement)
        }
        switch by {
        case .caller, .reset, .halfOpen, .api, .timeLimit, .interrupted:
            // The call is over for the caller; the bridge is still told, and what it answers has no hearer.
            if by != .api, let action = wanted.action {
                _ = await ask(action, kind: "connect-action", status: "completed", &course)
            }
            return .end
        case .agent, .lost, .refused:
            guard let action = wanted.action else { return .goOn }
            return await ask(action, kind: "connect-action", status: "in-progress", &course).map { .replace($0) }
                ?? .goOn
        }
    }

    // MARK: from outside

    /// Ends the call. False: it is over already.
    @discardableResult
    func end(_ by: StreamReport.EndedBy) -> Bool {
        let stream: LoopBound<PhoneStream>?? = state.withLock { state in
            guard state.ended == nil else { return nil }
            state.isToEnd = state.isToEnd ?? by
            return .some(state.stream)
        }
        guard let stream else { return false }
        _ = stream?.onLoop { $0.hangUp(as: by) }
        return true
    }

    var status: String { state.withLock { $0.status } }

    /// Ends it while nobody has answered, and does nothing else. False: it is over already.
    func cancel() -> Bool {
        let (isOver, isUp) = state.withLock { ($0.ended != nil, $0.status == "in-progress") }
        return isOver ? false : isUp || end(.api)
    }

    /// Goes on with another document, at once. False: it is over already, or does not run yet.
    func replace(_ instructions: [CallInstruction]) -> Bool {
        let stream: LoopBound<PhoneStream>?? = state.withLock { state in
            guard state.ended == nil, setting.callee == nil || state.status == "in-progress" else { return nil }
            state.replacement = instructions
            return .some(state.stream)
        }
        guard let stream else { return false }
        _ = stream?.onLoop { $0.hangUp(as: .api) }
        return true
    }

    /// The document at a URL that somebody wants the call to go on with; nil when it cannot be had.
    func document(at url: String) async -> [CallInstruction]? {
        let form = requests.callForm(identity, status: "in-progress")
        return try? await requests.document(url, form, kind: "update").instructions.get()
    }

    private func finish(_ course: inout Course, since began: Instant) async {
        if case .fail(let step, let text)? = course.script.callEnded(code: course.lastCode) {
            let failure = PhoneFailure(text: text, step: step, at: time)
            course.report.failures.append(failure)
            tell(.failure(failure.shown), failure.at)
        }
        if let end = course.report.streams.last?.end, !course.endWasExpected {
            let isWrong = end.by == .lost || (end.by == .agent && end.code != 1_000 && end.code != 1_001)
            if isWrong { fail("the stream ended with \(end.code): \(end.reason)", &course) }
        }
        if state.withLock({ $0.isToEnd }) == .interrupted { fail("it was given up", &course) }
        course.report.duration = began.duration(to: SystemClock.now())
        course.limit?.cancel()
        state.withLock { $0.ended = SystemClock.utc() }
        await tellStatus(course.report.status, &course)
        await gatherPosts(&course)
    }
}

extension SeededRandom {
    static func hex(_ digits: Int, seed: UInt64) -> String {
        var random = SeededRandom(seed: seed)
        return random.hex(digits)
    }
}
