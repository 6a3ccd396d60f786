import JSONWire
import Timeline

@testable import PracticeKit

/// A practice session with a clock that only moves when it is told to, and all that the session did.
struct SessionDriver {
    private(set) var session: PracticeSession
    private(set) var now = Instant.zero
    private(set) var sent: [(at: Instant, text: [UInt8])] = []
    /// What was sent and is an event.
    private(set) var events: [(at: Instant, event: JSONObject)] = []
    private(set) var reports: [PracticeReport] = []
    private(set) var ending: PracticeSession.Effect?

    init(_ session: PracticeSession, rejecting rejection: PracticeSession.Rejection? = nil) {
        self.session = session
        take(self.session.open(at: .zero, rejecting: rejection))
    }

    mutating func send(_ event: JSONValue) {
        send(text: event.bytes)
    }

    mutating func send(text: [UInt8]) {
        take(session.receive(text.span, at: now))
    }

    /// Lets time pass, and wakes the session whenever it wants to be woken.
    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while let due = session.wakeUp.instant, due <= end {
            now = max(now, due)
            take(session.advance(to: now))
        }
        now = end
    }

    private mutating func take(_ effects: [PracticeSession.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let text):
                sent.append((now, text))
                let limits = JSONValue.Limits(bytes: 16 << 20)
                if let object = try? JSONObject(parsing: text.span, limits: limits) { events.append((now, object)) }
            case .report(let report): reports.append(report)
            case .close, .reset, .freeze: ending = effect
            }
        }
    }

    var texts: [String] { sent.map { String(decoding: $0.text, as: UTF8.self) } }
}
