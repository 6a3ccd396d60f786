internal import Timeline
internal import Wording

// What an HTTP answer means where its body does not say more.
extension UpstreamFailure {
    /// - Parameter after: How long the vendor wants us to wait.
    init(httpStatus status: Int, after: Duration?, detail: PeerText) {
        switch status {
        case 401: self = .invalidCredentials(detail: detail)
        case 403: self = .forbidden(detail: detail)
        // A redirect is not followed: the key is for this address alone.
        case 404, 410, 300...399: self = .notFound(detail: detail)
        case 408, 409: self = .serverError(after: after, detail: detail)
        case 429: self = .rateLimited(after: after, detail: detail)
        case 503: self = .overloaded(after: after, detail: detail)
        case 500...599: self = .serverError(after: after, detail: detail)
        case 400...499: self = .configurationRefused(detail: detail)
        default: self = .protocolError(detail: detail)
        }
    }

    /// The wait that an answer asks for: milliseconds where they are given, else seconds, else a date, which counts from
    /// the answer's own.
    ///
    /// - Parameter header: The value of a header, whatever the case of its name.
    static func wait(in header: (String) -> String?) -> Duration? {
        if let milliseconds = header("retry-after-ms").flatMap(Double.init) {
            return wait(seconds: milliseconds / 1_000)
        }
        guard let text = header("retry-after") else { return nil }
        if let seconds = Double(text) { return wait(seconds: seconds) }
        guard let later = UTCTime(rfc2822: text), let now = header("date").flatMap({ UTCTime(rfc2822: $0) }) else {
            return nil
        }
        return .milliseconds(max(0, later.millisecondsSince1970 - now.millisecondsSince1970))
    }

    private static func wait(seconds: Double) -> Duration? {
        Duration(seconds: seconds).map { max(.zero, $0) }
    }
}
