import JSONWire
import Timeline

@testable import PracticeKit

/// A practice conversation in ElevenLabs' protocol, with a client that begins it, answers its pings and speaks.
struct AgentWorld {
    private var driver: SessionDriver
    private let hears: WireAudio
    private let speaks: WireAudio
    private var seen = 0
    var answersPings = true

    /// A conversation that is open; it begins with `initiation`, unless that is nil.
    init(
        _ directives: [(String, String)] = [], initiation: [String: JSONValue]? = [:], script: PracticeScript? = nil,
        rejecting rejection: PracticeSession.Rejection? = nil
    ) throws {
        var settings = PracticeSettings()
        if let script { settings.script = script }
        for (name, value) in directives { try settings.apply(name, value) }
        (hears, speaks) = (settings.elevenLabs.hears, settings.elevenLabs.speaks)
        driver = SessionDriver(
            PracticeSession(connection: 1, agent: "agent_practice", settings: settings, at: .zero),
            rejecting: rejection)
        guard let initiation else { return }
        let type = JSONObject.Member(name: "type", value: "conversation_initiation_client_data")
        let members = initiation.map { JSONObject.Member(name: $0.key, value: $0.value) }
        send(.object(JSONObject([type] + members)))
    }

    mutating func send(_ message: JSONValue) {
        driver.send(message)
        answerPings()
    }

    mutating func send(text: String) {
        driver.send(text: Array(text.utf8))
    }

    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while now < end {
            driver.run(for: min(.milliseconds(10), now.duration(to: end)))
            answerPings()
        }
    }

    /// As fast as a good client does.
    private mutating func answerPings() {
        let new = driver.events[seen...]
        seen = driver.events.count
        guard answersPings else { return }
        for event in new.map(\.event) {
            guard let id = try? event.object("ping_event")["event_id"] else { continue }
            driver.send(["type": "pong", "event_id": id])
        }
    }

    /// Speaks in real time, 20 ms a piece; a pitch of zero is silence.
    mutating func say(_ pitch: Double, for duration: Duration) {
        let sound =
            pitch == 0 ? Sound.silence(duration, rate: hears.rate) : Sound.tone(pitch, for: duration, rate: hears.rate)
        let step = hears.rate / 50
        for start in stride(from: 0, to: sound.samples.count, by: step) {
            let piece = sound.samples[start..<min(start + step, sound.samples.count)]
            send(["user_audio_chunk": .string(Base64.encode(hears.encode(piece)))])
            run(for: .milliseconds(20))
        }
    }

    // MARK: what came of it

    var session: PracticeSession { driver.session }
    var now: Instant { driver.now }
    var texts: [String] { driver.texts }
    var reports: [PracticeReport] { driver.reports }
    var ending: PracticeSession.Effect? { driver.ending }
    var events: [(at: Instant, event: JSONObject)] { driver.events.filter { $0.event["type"] != nil } }
    var types: [String] { events.compactMap { try? $0.event.string("type") } }

    /// The payloads of the events of this type.
    func all(_ type: String) -> [JSONObject] {
        events.map(\.event).filter { (try? $0.string("type")) == type }.compactMap { event in
            event.members.lazy.compactMap { if case .object(let payload) = $0.value { payload } else { nil } }.first
        }
    }

    func last(_ type: String) -> JSONObject? { all(type).last }

    func count(_ type: String) -> Int { types.count { $0 == type } }

    func time(of type: String) -> Instant? {
        events.first { (try? $0.event.string("type")) == type }?.at
    }

    /// The ids of all events of a type.
    func ids(_ type: String) -> [Int64] {
        all(type).compactMap { try? $0.integer("event_id") }
    }

    /// What was said under each id, in order.
    func sounds(as format: WireAudio? = nil) -> [Sound] {
        var order: [JSONValue] = []
        var bytes: [JSONValue: [UInt8]] = [:]
        for audio in all("audio") {
            guard let id = audio["event_id"], let data = (try? audio.string("audio_base_64")).flatMap(Base64.decode)
            else {
                continue
            }
            if bytes[id] == nil { order.append(id) }
            bytes[id, default: []] += data
        }
        let format = format ?? speaks
        return order.map { Sound(rate: format.rate, samples: format.decode(bytes[$0] ?? [])) }
    }

    func hasReported(_ isWanted: (PracticeReport) -> Bool) -> Bool { reports.contains(where: isWanted) }

    func hasReported(error code: String) -> Bool {
        hasReported { if case .error(code, _) = $0 { true } else { false } }
    }
}
