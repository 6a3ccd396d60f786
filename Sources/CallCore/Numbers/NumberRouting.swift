public import Addresses
public import Wording

/// Where the carrier sends the calls of one of our numbers, by its books.
public struct NumberRouting: Hashable, Sendable {
    /// The carrier's own name of the number.
    public var id: String
    public var number: PhoneNumber
    public var takesCalls = true
    public var voiceURL: String?
    public var voiceMethod: String?
    public var fallbackURL: String?
    public var statusCallback: String?
    public var statusCallbackMethod: String?
    /// Where one of these is set, the carrier does not look at the URLs.
    public var application: String?
    public var trunk: String?

    public init(id: String, number: PhoneNumber) {
        self.id = id
        self.number = number
    }

    /// Where they should go.
    public struct Wanted: Hashable, Sendable {
        public var voice: WebURL
        /// Asked when that one fails: behind one address there may be several nodes.
        public var fallback: WebURL
        public var statusCallback: WebURL
        /// Where calls get their stream: not by the number's books, but by what the voice URL answers.
        public var stream: WebURL

        /// - Parameter stream: Nil for one beside the voice URL.
        public init(voice: WebURL, fallback: WebURL, statusCallback: WebURL, stream: WebURL? = nil) {
            self.voice = voice
            self.fallback = fallback
            self.statusCallback = statusCallback
            self.stream = stream ?? voice
        }
    }
}
