internal import CallCore
internal import CarrierWire
internal import HTTPLoop

/// How one attempt failed, and what that means for the next.
struct AttemptOutcome: Error {
    let error: CarrierControlError
    /// Nil where the next attempt would fail in the same way.
    private let retry: Retry?
    /// The API is at fault, or cannot be reached.
    let speaksAgainstPeer: Bool
    /// It says nothing about the API.
    let isAbandoned: Bool
    /// The carrier's own number for it.
    var carrierCode: Int64?

    private struct Retry {
        let after: Duration?
        /// It may have been carried out although no answer came.
        let mayHaveActed: Bool
    }

    static let resting = AttemptOutcome(.resting, retry: Retry(after: nil, mayHaveActed: false), isAbandoned: true)

    private init(
        _ error: CarrierControlError, retry: Retry? = nil, speaksAgainstPeer: Bool = false, isAbandoned: Bool = false
    ) {
        self.error = error
        self.retry = retry
        self.speaksAgainstPeer = speaksAgainstPeer
        self.isAbandoned = isAbandoned
    }

    init(_ error: HTTPClientError) {
        func unavailable(_ mayHaveActed: Bool) -> CarrierControlError {
            .unavailable(error.message, mayHaveActed: mayHaveActed)
        }
        switch error {
        case .dial:
            self.init(unavailable(false), retry: Retry(after: nil, mayHaveActed: false), speaksAgainstPeer: true)
        case .deadline, .connection, .malformedAnswer, .responseTooLarge, .redirect:
            self.init(unavailable(true), retry: Retry(after: nil, mayHaveActed: true), speaksAgainstPeer: true)
        case .tooManyWaiting:
            self.init(unavailable(false), retry: Retry(after: nil, mayHaveActed: false), isAbandoned: true)
        case .unsendable, .cancelled, .clientClosed:
            self.init(unavailable(false), isAbandoned: true)
        }
    }

    init(_ error: CarrierError) {
        guard case .refused(let failure) = error else {
            self.init(.refused(error.message))
            return
        }
        switch failure.reason {
        case .gone: self.init(.gone)
        case .credentials: self.init(.credentials(error.message))
        case .permanent: self.init(.refused(error.message))
        case .retry:
            self.init(
                .unavailable(error.message, mayHaveActed: failure.mayHaveActed),
                retry: Retry(after: nil, mayHaveActed: failure.mayHaveActed), speaksAgainstPeer: true)
        case .wait(let after):
            self.init(
                .unavailable(error.message, mayHaveActed: failure.mayHaveActed),
                retry: Retry(after: after, mayHaveActed: failure.mayHaveActed))
        }
        carrierCode = failure.twilioCode
    }

    /// The same, of a call that was to be dialled.
    var dialFailure: DialFailure {
        let kind: DialFailure.Kind =
            switch retry {
            case nil where isAbandoned: .notNow(after: nil)
            case nil: .refused
            case let retry? where retry.mayHaveActed: .unclear
            case let retry?: .notNow(after: retry.after)
            }
        return DialFailure(kind, carrierCode: carrierCode, error.message)
    }

    /// Only what does no harm twice is asked for again after it may have been done.
    func judged(for request: TwilioRequest) -> AttemptFailure {
        guard let retry, request.isRepeatable || !retry.mayHaveActed else { return .permanent }
        return .transient(retryAfter: retry.after)
    }
}
