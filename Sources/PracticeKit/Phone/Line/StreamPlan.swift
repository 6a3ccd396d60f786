internal import Addresses
internal import SocketLoop

/// What one stream needs to begin.
struct StreamPlan: Sendable {
    var identity: StreamWriter.Identity
    var dialect: PhoneDialect
    var parties: StreamWriter.Parties
    var url: WebURL
    var signature: String?
    /// What a stream of Telnyx's was begun with.
    var streamToken: String?
    var parameters: [CallInstruction.Stream.Parameter]
    var speeches: SpeechBook
    var seed: UInt64
    var openingLimit: Duration
    var timeLimit: Duration
    var tls: TLSClientContext?
}

/// Something about a call that is not as it should be.
public struct PhoneFailure: Hashable, Sendable {
    public let text: String
    public let step: PhoneStep?
    public let at: Duration

    public var shown: String {
        step.map { "line \($0.line), '\($0.text)': \(text)" } ?? text
    }
}
