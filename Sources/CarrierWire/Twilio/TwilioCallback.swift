public import Addresses

/// A URL of ours that Twilio is to call, and how hard it tries.
public struct TwilioCallback: Hashable, Sendable {
    /// All that there are. `busy` and the like are statuses, which come with `completed`.
    static let callEvents = ["initiated", "ringing", "answered", "completed"]

    public let url: WebURL
    /// Whether it tries again after any failure; else only after one to connect, and then once.
    public let isRetried: Bool

    public init(_ url: WebURL, isRetried: Bool = false) {
        self.url = url
        self.isRetried = isRetried
    }

    /// Three more tries of four seconds fit into Twilio's fifteen. The fragment is neither sent nor signed.
    var text: String {
        isRetried ? "\(url)#rc=3&rp=all&rt=4000" : url.description
    }
}
