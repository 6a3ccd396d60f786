internal import Timeline
internal import Wording

extension OpenAISession {
    /// Most errors leave the session as good as it was.
    mutating func handle(_ error: OpenAIError, at now: Instant, _ output: inout UpstreamOutput) {
        let meaning = OpenAIErrorMeaning(error)
        let request = OpenAIRequestID(error.eventID)
        if case .fatal(let failure) = meaning { return end(failure, &output) }
        if request?.kind == .configuration { return refuseConfiguration(error, meaning, &output) }
        switch meaning {
        case .fatal: break
        case .responseIsActive:
            gate.blocked(requestID: error.eventID)
            output.events.append(.warning(.badTiming(detail: error.detail)))
        case .nothingToDo: output.events.append(.warning(.badTiming(detail: error.detail)))
        case .truncationRefused: output.events.append(.warning(.truncationRefused(detail: error.detail)))
        case .throttled, .serverError:
            guard request?.kind == .response, let refused = gate.refused(requestID: error.eventID) else {
                output.events.append(.warning(.vendorError(detail: error.detail)))
                return
            }
            retry(refused, after: error, at: now, &output)
        case .other: warn(about: error, request, &output)
        }
        if phase != .ended { sendNextRequest(at: now, &output) }
    }

    /// Without its settings a session is of no use.
    private mutating func refuseConfiguration(
        _ error: OpenAIError, _ meaning: OpenAIErrorMeaning, _ output: inout UpstreamOutput
    ) {
        switch meaning {
        case .throttled(let wait): end(.rateLimited(after: wait, detail: error.detail), &output)
        case .serverError: end(.serverError(after: nil, detail: error.detail), &output)
        case .fatal, .responseIsActive, .nothingToDo, .truncationRefused, .other:
            end(.configurationRefused(detail: error.detail), &output)
        }
    }

    private mutating func warn(
        about error: OpenAIError, _ request: OpenAIRequestID?, _ output: inout UpstreamOutput
    ) {
        switch request?.kind {
        case .truncate, .delete: output.events.append(.warning(.truncationRefused(detail: error.detail)))
        case .response:
            _ = gate.refused(requestID: error.eventID)
            output.events.append(.warning(.requestRefused(detail: error.detail)))
        case .item:
            // Which one is not told. At worst a response is asked for that was not needed.
            unacknowledged = OpenAIUnacknowledgedItems()
            output.events.append(.warning(.requestRefused(detail: error.detail)))
        case .configuration, .change, .cancel, .audio:
            output.events.append(.warning(.requestRefused(detail: error.detail)))
        case nil: output.events.append(.warning(.vendorError(detail: error.detail)))
        }
    }

    /// A response failed. One more attempt is made, after a short wait where the account is at its limit; the second
    /// failure in a row, or a long wait, ends the session.
    mutating func retry(
        _ request: OpenAIResponseRequest, after error: OpenAIError, at now: Instant, _ output: inout UpstreamOutput
    ) {
        failures += 1
        switch OpenAIErrorMeaning(error) {
        case .fatal(let failure): end(failure, &output)
        case .throttled(let named):
            let wait = named ?? Self.usualThrottle
            guard failures < 2, wait <= Self.longestThrottle else {
                return end(.rateLimited(after: named, detail: error.detail), &output)
            }
            output.events.append(.warning(.throttled(wait: wait, detail: error.detail)))
            gate.throttle(until: now.advanced(by: wait))
            gate.want(request)
        case .responseIsActive, .nothingToDo, .truncationRefused, .serverError, .other:
            guard failures < 2 else { return end(.serverError(after: nil, detail: error.detail), &output) }
            output.events.append(.warning(.responseFailed(detail: error.detail)))
            gate.want(request)
        }
    }
}
