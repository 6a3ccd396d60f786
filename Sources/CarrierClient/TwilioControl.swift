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
        var succeeded: @Sendable (_ took: Duration) -> Void = { _ in }
    }

    let api: TwilioAPI
    private let base: String
    private let authorization: Secret
    let send: Send
    private let errors: ErrorSink
    private let rules: Rules
    let time: Time
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

    /// From now on told of each request that calls made and that was answered as it was meant, and how long it took.
    public func watch(_ succeeded: @escaping @Sendable (_ took: Duration) -> Void) {
        state.withLock { $0.succeeded = succeeded }
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
        do throws(AttemptOutcome) {
            return try await attempts(request) { answer throws(CarrierError) in try answer.call() }
        } catch {
            throw reported(error.error, about: call)
        }
    }

    /// Tries until there is an answer, or no further attempt makes sense.
    func attempts<Value: Sendable>(
        _ request: TwilioRequest, _ read: (TwilioAnswer) throws(CarrierError) -> Value
    ) async throws(AttemptOutcome) -> Value {
        var schedule = RetrySchedule(rules.retries, from: time.now())
        var generator = time.random()
        state.withLock { $0.budget.callStarted() }
        while true {
            let failure: AttemptOutcome
            do throws(AttemptOutcome) {
                return try await attempt(request, deadline: schedule.deadline, read)
            } catch {
                failure = error
            }
            guard failure.error != .resting else { throw failure }
            let now = time.now()
            let decision = state.withLock { state in
                schedule.attemptFailed(
                    failure.judged(for: request), at: now, budget: &state.budget, using: &generator)
            }
            guard case .retry(let due) = decision, (try? await time.wait(due)) != nil else { throw failure }
        }
    }

    private func attempt<Value: Sendable>(
        _ request: TwilioRequest, deadline: Deadline, _ read: (TwilioAnswer) throws(CarrierError) -> Value
    ) async throws(AttemptOutcome) -> Value {
        guard case .admitted(let permit) = state.withLock({ $0.breaker.admit(at: time.now()) }) else {
            throw .resting
        }
        let began = time.now()
        let outcome: AttemptOutcome
        do throws(AttemptOutcome) {
            let value = try await exchange(request, deadline, read)
            let succeeded = state.withLock { state in
                state.breaker.succeeded(permit)
                return state.succeeded
            }
            succeeded(began.duration(to: time.now()))
            return value
        } catch {
            outcome = error
        }
        let now = time.now()
        state.withLock { state in
            if outcome.isAbandoned {
                state.breaker.abandoned(permit)
            } else if outcome.speaksAgainstPeer {
                state.breaker.failed(permit, at: now)
            } else {
                state.breaker.succeeded(permit)
            }
        }
        throw outcome
    }

    private func exchange<Value: Sendable>(
        _ request: TwilioRequest, _ deadline: Deadline, _ read: (TwilioAnswer) throws(CarrierError) -> Value
    ) async throws(AttemptOutcome) -> Value {
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await send(try message(request, deadline))
        } catch {
            throw AttemptOutcome(error)
        }
        let answer = TwilioAnswer(
            httpStatus: response.status, body: response.body, retryAfter: response.headers["Retry-After"],
            now: time.utc())
        do throws(CarrierError) {
            return try read(answer)
        } catch {
            throw AttemptOutcome(error)
        }
    }

    func message(
        _ request: TwilioRequest, _ deadline: Deadline
    ) throws(HTTPClientError) -> HTTPClientRequest {
        guard let url = try? WebURL("\(base)\(request.target)") else { throw .unsendable(.unsupportedTarget) }
        var headers: Headers = ["Authorization": authorization.revealed(), "Accept": "application/json"]
        if request.method == .post { headers.append("Content-Type", TwilioRequest.contentType) }
        return HTTPClientRequest(
            url, method: request.method.rawValue, headers: headers,
            body: request.method == .post ? request.body : [], limit: rules.attempt, deadline: deadline)
    }

    /// Every failure but a call that is over is one that an operator should find.
    func reported(_ error: CarrierControlError, about call: String) -> CarrierControlError {
        reported(error, in: ErrorContext(call: call))
    }

    func reported(_ error: CarrierControlError, aboutNumber number: PhoneNumber) -> CarrierControlError {
        reported(error, in: ErrorContext(number: number))
    }

    private func reported(_ error: CarrierControlError, in context: ErrorContext) -> CarrierControlError {
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
                context: context))
        return error
    }
}

extension String {
    fileprivate var trimmedEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
}
