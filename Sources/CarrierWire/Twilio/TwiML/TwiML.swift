public import Addresses

/// What Twilio is to do with a call, one verb after the other. When none is left the call ends.
public struct TwiML: Hashable, Sendable {
    public static let contentType = "text/xml"
    /// Twilio takes no longer answer.
    public static let maximumByteCount = 64_000
    /// As a parameter of a request it takes less.
    public static let maximumInlineCharacterCount = 4_000

    public enum Verb: Hashable, Sendable {
        /// The bridge. It lasts until we close the socket; then `action` is asked, or the next verb runs.
        case connect(TwiMLStream, action: TwilioCallback?)
        case say(String, voice: String? = nil, language: String? = nil)
        /// Digits as tones: `0`-`9`, `*`, `#`, and `w` for half a second of silence.
        case play(digits: String)
        case dial(TwiMLDial)
        case pause(seconds: Int)
        case redirect(WebURL)
        /// Refuses the call without answering it; only as the first verb.
        case reject(busy: Bool)
        case hangup
    }

    public var verbs: [Verb]

    public init(_ verbs: [Verb]) {
        self.verbs = verbs
    }

    /// The document, as the body of an answer.
    public func document() throws(CarrierError) -> [UInt8] {
        for case .connect(let stream, _) in verbs { try stream.check() }
        var xml = XMLWriter()
        xml.element("Response") { for verb in verbs { verb.write(to: &$0) } }
        guard xml.bytes.count <= Self.maximumByteCount else { throw .twimlTooLong(limit: Self.maximumByteCount) }
        return xml.bytes
    }

    /// The document, as a parameter of a request.
    public func inlineDocument() throws(CarrierError) -> String {
        let text = String(decoding: try document(), as: UTF8.self)
        guard text.unicodeScalars.count <= Self.maximumInlineCharacterCount else {
            throw .twimlTooLong(limit: Self.maximumInlineCharacterCount)
        }
        return text
    }
}

extension TwiML.Verb {
    fileprivate func write(to xml: inout XMLWriter) {
        switch self {
        case .connect(let stream, let action):
            xml.element("Connect", [("action", action?.text), ("method", action.map { _ in "POST" })]) {
                stream.write(to: &$0)
            }
        case .say(let text, let voice, let language):
            xml.element("Say", [("voice", voice), ("language", language)], text: text)
        case .play(let digits): xml.element("Play", [("digits", digits)])
        case .dial(let dial): dial.write(to: &xml)
        case .pause(let seconds): xml.element("Pause", [("length", String(seconds))])
        case .redirect(let url): xml.element("Redirect", [("method", "POST")], text: url.description)
        case .reject(let busy): xml.element("Reject", [("reason", busy ? "busy" : "rejected")])
        case .hangup: xml.element("Hangup")
        }
    }
}
