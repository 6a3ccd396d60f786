public import Addresses
public import CallCore
public import CarrierWire
public import HTTPLoop
internal import HTTPWire
internal import Synchronization
public import Telemetry
package import Timeline
internal import Wording

/// Asks Twilio's REST API about calls: with a deadline, again where that is safe, and not at all while it keeps failing.
public final class TwilioControl: CarrierControl {
    public typealias Send = @Sendable (HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse

    /// How long and how often it tries.
    public struct Rules: Hashable, Sendable {
        /// One attempt.
        public var attempt = Duration.seconds(4)
        public var retries = RetryRules(attempts: 3, budget: .seconds(10))
        public var breaker = CircuitBreaker.Rules()

        public init() {}
    }

    /// The clock, the waiting and the dice, which tests replace.
    package struct Time: Sendable {
        package var now: @Sendable () -> Instant = SystemClock.now
        package var utc: @Sendable () -> UTCTime = SystemClock.utc
        package var wait: @Sendable (_ until: Instant) async throws -> Void = { instant in
            try await Task.sleep(for: SystemClock.now().duration(to: instant))
        }
        package var random: @Sendable () -> any RandomNumberGenerator & Sendable = { SystemRandomNumberGenerator() }

        package init() {}

        init(
            now: @escaping @Sendable () -> Instant, utc: @escaping @Sendable () -> UTCTime,
            wait: @escaping @Sendable (_ until: Instant) async throws -> Void
        ) {
            self.now = now
            self.utc = utc
            self.wait = wait
        }
    }

    private struct State {
        var breaker: CircuitBreaker
        var budget = RetryBudget()
    }

    private let api: TwilioAPI
    private let base: String
    private let authorization: Secret
    private let send: Send
    private let errors: ErrorSink
    private let rules: Rules
    private let time: Time
    private let state: Mutex<State>

    /// - Parameter base: Where the API is; its path stands before that of each request.
    public convenience init(
        _ client: HTTPClient, base: WebURL, credentials: TwilioCredentials, errors: ErrorSink, rules: Rules = Rules()
    ) {
        self.init(
            base: base, credentials: credentials, errors: errors, rules: rules, time: Time()
        ) { request throws(HTTPClientError) in try await client.send(request) }
    }

    package init(
        base: WebURL, credentials: TwilioCredentials, errors: ErrorSink, rules: Rules, time: Time, send: @escaping Send
    ) {
        api = TwilioAPI(account: credentials.account)
        let text = "\(base.scheme.rawValue)://\(base.authority)\(base.path)"
        self.base = text.hasSuffix("/") ? String(text.dropLast()) : text
        authorization = credentials.authorization
        self.send = send
        self.errors = errors
        self.rules = rules
        self.time = time
        state = Mutex(State(breaker: CircuitBreaker(rules.breaker)))
    }

    /// What the metric `patchbay_breaker_state` shows.
    public var breaker: CircuitBreaker.Condition {
        let now = time.now()
        return state.withLock { $0.breaker.condition(at: now) }
    }

    // MARK: the port

    public func hangUp(_ call: String) async throws(CarrierControlError) {
        do throws(CarrierControlError) {
            _ = try await change(call, .hangUp)
        } catch .gone {
            return
        }
    }

    public func redirect(_ call: String, to steps: [CallerStep]) async throws(CarrierControlError) {
        _ = try await change(call, .follow(TwiML(steps)))
    }

    public func look(_ call: String) async throws(CarrierControlError) -> CarrierView? {
        do throws(CarrierControlError) {
            let found = try await ask(api.fetchCall(call), about: call)
            let carrier = CallRecord.Carrier(
                status: found.statusWord, duration: found.duration, answeredBy: found.answeredBy,
                price: found.price.map { "\($0) \(found.priceUnit ?? "")".trimmedEnd })
            return CarrierView(status: found.status, carrier: carrier, endedAt: found.ended)
        } catch .gone {
            return nil
        }
    }

    private func change(_ call: String, _ change: TwilioCallChange) async throws(CarrierControlError) -> TwilioCall {
        let request: TwilioRequest
        do throws(CarrierError) {
            request = try api.updateCall(call, change)
        } catch {
            throw reported(.refused(error.message), about: call)
        }
        return try await ask(request, about: call)
    }

    // MARK: attempts

    private func ask(_ request: TwilioRequest, about call: String) async throws(CarrierControlError) -> TwilioCall {
        let began = time.now()
        var schedule = RetrySchedule(rules.retries, from: began)
        var generator = time.random()
        state.withLock { $0.budget.callStarted() }
        while true {
            let failure: AttemptOutcome
            switch try await attempt(request, about: call, deadline: schedule.deadline) {
            case .success(let call): return call
            case .failure(let outcome): failure = outcome
            }
            let now = time.now()
            let decision = state.withLock { state in
                schedule.attemptFailed(
                    failure.judged(for: request), at: now, budget: &state.budget, using: &generator)
            }
            guard case .retry(let due) = decision, (try? await time.wait(due)) != nil else {
                throw reported(failure.error, about: call)
            }
        }
    }

    private func attempt(
        _ request: TwilioRequest, about call: String, deadline: Deadline
    ) async throws(CarrierControlError) -> Result<TwilioCall, AttemptOutcome> {
        let admission = state.withLock { $0.breaker.admit(at: time.now()) }
        guard case .admitted(let permit) = admission else { throw reported(.resting, about: call) }
        let answer: Result<TwilioCall, AttemptOutcome>
        do throws(HTTPClientError) {
            let response = try await send(try message(request, deadline))
            answer = read(response)
        } catch {
            answer = .failure(AttemptOutcome(error))
        }
        let now = time.now()
        state.withLock { state in
            switch answer {
            case .success: state.breaker.succeeded(permit)
            case .failure(let outcome) where outcome.isAbandoned: state.breaker.abandoned(permit)
            case .failure(let outcome) where outcome.speaksAgainstPeer: state.breaker.failed(permit, at: now)
            case .failure: state.breaker.succeeded(permit)
            }
        }
        return answer
    }

    private func message(
        _ request: TwilioRequest, _ deadline: Deadline
    ) throws(HTTPClientError) -> HTTPClientRequest {
        guard let url = try? WebURL("\(base)\(request.target)") else { throw .unsendable(.unsupportedTarget) }
        var headers: Headers = ["Authorization": authorization.revealed(), "Accept": "application/json"]
        if request.method == .post { headers.append("Content-Type", TwilioRequest.contentType) }
        return HTTPClientRequest(
            url, method: request.method.rawValue, headers: headers,
            body: request.method == .post ? request.body : [], limit: rules.attempt, deadline: deadline)
    }

    private func read(_ response: HTTPClientResponse) -> Result<TwilioCall, AttemptOutcome> {
        let answer = TwilioAnswer(
            httpStatus: response.status, body: response.body, retryAfter: response.headers["Retry-After"],
            now: time.utc())
        do throws(CarrierError) {
            return .success(try answer.call())
        } catch {
            return .failure(AttemptOutcome(error))
        }
    }

    /// Every failure but a call that is over is one that an operator should find.
    private func reported(_ error: CarrierControlError, about call: String) -> CarrierControlError {
        let severity: ErrorSeverity
        switch error {
        case .gone: return error
        case .resting: severity = .warning
        case .credentials, .notConfigured: severity = .critical
        case .unavailable, .refused: severity = .error
        }
        errors.report(
            ErrorReport(
                code: error.code, component: "carrier", severity: severity, message: error.message,
                context: ErrorContext(call: call)))
        return error
    }
}

extension String {
    fileprivate var trimmedEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
}
