import JSONWire
import Timeline

@testable import PracticeKit

/// A practice session of OpenAI's protocol, with a client that configures it and speaks.
struct SessionWorld {
    private var driver: SessionDriver
    private let audio: WireAudio

    /// A session that is open, and configured unless `isConfigured` is false.
    init(
        _ directives: [(String, String)] = [], audio: WireAudio = .muLaw, isConfigured: Bool = true,
        session members: [JSONObject.Member] = [], script: PracticeScript? = nil
    ) throws {
        var settings = PracticeSettings()
        if let script { settings.script = script }
        for (name, value) in directives { try settings.apply(name, value) }
        self.audio = audio
        driver = SessionDriver(
            PracticeSession(
                connection: 1, model: "gpt-realtime-2.1", settings: settings, epoch: 1_795_150_000, at: .zero))
        guard isConfigured else { return }
        let standard: [JSONObject.Member] = [
            JSONObject.Member(name: "type", value: "realtime"),
            JSONObject.Member(
                name: "audio",
                value: [
                    "input": [
                        "format": audio.openAIJSON,
                        "turn_detection": ["type": "server_vad", "silence_duration_ms": 500],
                    ],
                    "output": ["format": audio.openAIJSON, "voice": "marin"],
                ]),
        ]
        send(["type": "session.update", "session": .object(JSONObject(standard + members))])
    }

    mutating func send(_ event: JSONValue) {
        driver.send(event)
    }

    mutating func send(text: [UInt8]) {
        driver.send(text: text)
    }

    mutating func run(for duration: Duration) {
        driver.run(for: duration)
    }

    /// Speaks in real time, 20 ms a piece; a pitch of zero is silence.
    mutating func say(_ pitch: Double, for duration: Duration) {
        let sound =
            pitch == 0 ? Sound.silence(duration, rate: audio.rate) : Sound.tone(pitch, for: duration, rate: audio.rate)
        let step = audio.rate / 50
        for start in stride(from: 0, to: sound.samples.count, by: step) {
            let piece = sound.samples[start..<min(start + step, sound.samples.count)]
            send(["type": "input_audio_buffer.append", "audio": .string(Base64.encode(audio.encode(piece)))])
            run(for: .milliseconds(20))
        }
    }

    // MARK: what came of it

    var session: PracticeSession { driver.session }
    var now: Instant { driver.now }
    var texts: [String] { driver.texts }
    var reports: [PracticeReport] { driver.reports }
    var ending: PracticeSession.Effect? { driver.ending }
    var events: [(at: Instant, event: JSONObject)] { driver.events.filter { $0.event["event_id"] != nil } }

    var types: [String] { events.compactMap { try? $0.event.string("type") } }

    func all(_ type: String) -> [JSONObject] {
        events.map(\.event).filter { (try? $0.string("type")) == type }
    }

    func last(_ type: String) -> JSONObject? { all(type).last }

    func count(_ type: String) -> Int { all(type).count }

    /// The time at which an event of this type came first.
    func time(of type: String) -> Instant? {
        events.first { (try? $0.event.string("type")) == type }?.at
    }

    /// What was said in each item, in order.
    func sounds(as format: WireAudio? = nil) -> [Sound] {
        var order: [String] = []
        var bytes: [String: [UInt8]] = [:]
        for delta in all("response.output_audio.delta") {
            guard let item = try? delta.string("item_id"), let text = try? delta.string("delta"),
                let data = Base64.decode(text)
            else { continue }
            if bytes[item] == nil { order.append(item) }
            bytes[item, default: []] += data
        }
        let format = format ?? audio
        return order.map { Sound(rate: format.rate, samples: format.decode(bytes[$0] ?? [])) }
    }

    func errorCode(of error: JSONObject?) throws -> String? {
        try error?.object("error").optionalString("code")
    }
}
