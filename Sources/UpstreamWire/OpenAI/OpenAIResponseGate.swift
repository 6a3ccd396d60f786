internal import Timeline

/// Lets one response be asked for at a time, since the server refuses a second one and creates its own after the
/// caller's turns.
struct OpenAIResponseGate {
    private enum State {
        case idle
        case asked(OpenAIResponseRequest, until: Instant)
        /// The id is nil where only an error told that one is active. No request: the server's own.
        case active(id: String?, OpenAIResponseRequest?)
    }

    private enum Hold {
        case none
        /// The server will create a response itself when the caller has finished.
        case callerSpeaks
        case serverAnswers(until: Instant)
        case throttled(until: Instant)
    }

    /// After this time a request without an answer counts as lost.
    static let patience = Duration.seconds(10)

    private var state = State.idle
    private var hold = Hold.none
    /// Those that say something of their own in their order, then at most one that just answers.
    private var waiting: [OpenAIResponseRequest] = []
    /// The request on its way was given up: its response is to be cancelled when it shows up.
    private var isAskedAbandoned = false
    private var abandoned: Set<String> = []
    /// The last of them that have ended: audio may still come, of items that nobody heard of before.
    private var abandonedBefore: [String] = []

    /// More than this nobody listens to.
    private static let capacity = 4

    /// A request waits, and nothing stands in its way.
    var isOpen: Bool {
        if case .idle = state, case .none = hold { !waiting.isEmpty } else { false }
    }

    /// The request that is next in turn, under this id. It counts as sent.
    ///
    /// - Precondition: `isOpen`.
    mutating func next(id: String, at now: Instant) -> OpenAIResponseRequest {
        var request = waiting.removeFirst()
        request.id = id
        isAskedAbandoned = false
        state = .asked(request, until: now.advanced(by: Self.patience))
        return request
    }

    /// Two answers to one conversation would say the same, so one of them is enough.
    mutating func want(_ request: OpenAIResponseRequest) {
        guard waiting.count < Self.capacity else { return }
        if request.isPlain {
            if waiting.last?.isPlain != true { waiting.append(request) }
        } else {
            waiting.insert(request, at: waiting.firstIndex { $0.isPlain } ?? waiting.count)
        }
    }

    /// - Parameter answersAll: The server knew all that we had added when it created this response by itself.
    /// - Returns: Whether the response must be cancelled, since nobody wants it any more.
    mutating func created(_ id: String, requestID: String?, answersAll: Bool) -> Bool {
        if case .asked(let request, _) = state, request.id == requestID {
            state = .active(id: id, request)
            guard isAskedAbandoned else { return false }
            abandoned.insert(id)
            return true
        }
        // One of ours that is on its way will be refused. It still has to be asked for unless this one answers it.
        if case .asked(let request, _) = state, !isAskedAbandoned { want(request) }
        // What was to be said of its own is out of place once the caller was answered.
        waiting.removeAll { answersAll || !$0.isPlain }
        switch hold {
        case .callerSpeaks, .serverAnswers: hold = .none
        case .none, .throttled: break
        }
        state = .active(id: id, nil)
        return false
    }

    /// What had asked for the response that ended, if we did; and whether somebody wanted it to its end.
    mutating func done(_ id: String, requestID: String?) -> (request: OpenAIResponseRequest?, wasWanted: Bool) {
        let wasWanted = abandoned.remove(id) == nil
        if !wasWanted {
            if abandonedBefore.count == Self.capacity { abandonedBefore.removeFirst() }
            abandonedBefore.append(id)
        }
        switch state {
        case .active(let active, let request) where active == nil || active == id:
            state = .idle
            return (request, wasWanted)
        case .asked(let request, _) where request.id == requestID:
            state = .idle
            return (request, wasWanted && !isAskedAbandoned)
        case .idle, .asked, .active:
            return (nil, wasWanted)
        }
    }

    /// Another response is active, so the request waits for its end.
    mutating func blocked(requestID: String?) {
        guard case .asked(let request, _) = state, requestID == nil || request.id == requestID else { return }
        if !isAskedAbandoned { want(request) }
        state = .active(id: nil, nil)
    }

    /// The server will not do this one. Gives it back unless it was given up.
    mutating func refused(requestID: String?) -> OpenAIResponseRequest? {
        guard case .asked(let request, _) = state, requestID == nil || request.id == requestID else { return nil }
        state = .idle
        return isAskedAbandoned ? nil : request
    }

    mutating func throttle(until instant: Instant) {
        hold = .throttled(until: instant)
    }

    mutating func callerSpeaks() {
        hold = .callerSpeaks
    }

    /// - Parameter interrupting: What was being said made way for the caller.
    mutating func callerStopped(at now: Instant, interrupting: Bool) {
        guard case .callerSpeaks = hold else { return }
        if !interrupting, case .active = state {
            // The server cannot answer while it speaks, and does not make up for that.
            hold = .none
            return want(OpenAIResponseRequest())
        }
        hold = .serverAnswers(until: now.advanced(by: Self.patience))
    }

    /// Gives up what is active or asked for, and what waits to say something of its own.
    /// - Returns: The response that is active.
    mutating func abandon() -> String? {
        waiting.removeAll { !$0.isPlain }
        switch state {
        case .idle: return nil
        case .asked:
            isAskedAbandoned = true
            return nil
        case .active(let id, _):
            if let id { abandoned.insert(id) }
            return id
        }
    }

    func isAbandoned(_ responseID: String?) -> Bool {
        responseID.map { abandoned.contains($0) || abandonedBefore.contains($0) } ?? false
    }

    var deadline: Deadline {
        var nearest = Deadline.never
        if case .asked(_, let until) = state { nearest = .at(until) }
        switch hold {
        case .none, .callerSpeaks: return nearest
        case .serverAnswers(let until), .throttled(let until): return min(nearest, .at(until))
        }
    }

    /// - Returns: Whether a request was lost.
    mutating func deadlineReached(at now: Instant) -> Bool {
        switch hold {
        case .serverAnswers(let until) where until <= now, .throttled(let until) where until <= now: hold = .none
        case .none, .callerSpeaks, .serverAnswers, .throttled: break
        }
        guard case .asked(_, let until) = state, until <= now else { return false }
        state = .idle
        return true
    }
}
