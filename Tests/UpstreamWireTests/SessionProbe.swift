import JSONWire
import MediaCore
import Testing
import Timeline
import UpstreamWire

typealias SessionProbe = Probe<OpenAISession>
typealias ElevenLabsProbe = Probe<ElevenLabsSession>

/// A session and what it said so far; the server's part is played by the test.
struct Probe<Session: UpstreamSession> {
    var session: Session
    var now = Instant.zero
    var events: [UpstreamEvent] = []
    var sent: [JSONObject] = []

    init(_ session: Session) { self.session = session }

    mutating func forget() {
        events = []
        sent = []
    }

    @discardableResult
    mutating func receive(_ text: String) throws -> UpstreamReception {
        let reception = session.receive(text.utf8.span, at: now)
        if case .other(let output) = reception { try take(output) }
        return reception
    }

    mutating func perform(_ command: UpstreamCommand) throws {
        try take(session.perform(command, at: now))
    }

    mutating func pass(_ duration: Duration) throws {
        now = now.advanced(by: duration)
        if session.deadline.isReached(at: now) { try take(session.deadlineReached(at: now)) }
    }

    mutating func close(_ code: UInt16, _ reason: String = "") throws {
        try take(session.closed(code: code, reason: reason, at: now))
    }

    mutating func take(_ output: UpstreamOutput) throws {
        events += output.events
        for message in output.messages { sent.append(try JSONObject(parsing: message.span)) }
    }

    var ending: UpstreamFailure? {
        if case .ended(let failure) = events.last { failure } else { nil }
    }

    var ready: UpstreamReady? {
        events.lazy.compactMap { event in
            if case .ready(let ready) = event { ready } else { nil }
        }.first
    }

    var warnings: [UpstreamWarning] {
        events.compactMap { event in
            if case .warning(let warning) = event { warning } else { nil }
        }
    }

    /// What was sent, as types.
    var sentTypes: [String] { sent.map { (try? $0.string("type")) ?? "?" } }
}

extension UpstreamReception {
    /// The item of audio that may be played.
    var item: AgentItem? {
        if case .audio(let item, _) = self { item } else { nil }
    }
}
