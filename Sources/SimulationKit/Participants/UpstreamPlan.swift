internal import CallCore
internal import PracticeKit
internal import Timeline

/// What one attempt to reach an upstream comes to.
struct UpstreamPlan {
    enum Answer {
        case refuse(status: Int)
        case unreachable
        /// Nothing, until the bridge's patience is over.
        case silence
        case accept
    }

    private(set) var answer: Answer
    private(set) var wait: Duration
    let weather: Weather
    let settings: PracticeSettings
    let answersClose: Duration?
    /// Its audio is other than what it was told to say.
    let hasOtherAudio: Bool
    let vendor: UpstreamVendor
    let wire: Wire

    /// How the caller's audio goes to it.
    struct Wire {
        let isPCM: Bool
        let rate: Int
        var bytesPerSecond: Int { isPCM ? 2 * rate : rate }
    }

    private static let refusals = [401, 403, 404, 429, 500, 503]
    /// At any time in a session, or of it all.
    private static let faults = [
        "silent", "bad-key", "model-not-found", "slow=40ms", "slow=200ms", "burst=30s", "two-items", "wrong-format",
        "odd-deltas", "odd-deltas", "malformed", "unknown-events", "extra-fields", "duplicates", "reordered",
        "late-deltas", "late-deltas", "late-deltas", "double-tool",
    ]
    private static let openAIFaults = [
        "burst=200s", "no-update", "wrong-echo", "no-created", "failed-response=server_error",
    ]
    private static let elevenLabsFaults = [
        "queued=2s", "no-metadata", "unknown-format", "early-ping", "text-ids", "empty-audio", "same-id", "no-close",
    ]
    private static let timed = [
        "close=1000", "close=1001", "close=1011", "reset", "half-open", "session-expired", "quota",
    ]
    private static let elevenLabsTimed = [
        "error=llm_timeout", "error=max_duration_exceeded", "error=unknown_websocket_crash",
    ]
    private static let points = ["start", "configured", "greeting", "after-greeting", "speech", "reply", "after-reply"]

    init(
        _ shape: Shape, vendor: UpstreamVendor, speaksPCM: Bool, roughness: Double, isCalm: Bool,
        using dice: inout SeededRandom
    ) {
        self.vendor = vendor
        wire = Wire(isPCM: speaksPCM, rate: !speaksPCM ? 8_000 : vendor == .openAI ? 24_000 : 16_000)
        wait = .milliseconds(dice.below(dice.happens(0.9) ? 400 : 6_000))
        switch isCalm ? 9 : dice.below(10) {
        case 0: answer = .refuse(status: Self.refusals[dice.below(Self.refusals.count)])
        case 1: answer = .unreachable
        case 2: answer = dice.happens(0.5) ? .silence : .accept
        default: answer = .accept
        }
        weather = Weather(within: shape.length, roughness: isCalm ? roughness / 8 : roughness, using: &dice)
        answersClose = dice.happens(0.9) ? .milliseconds(dice.below(300)) : nil
        var (settings, hasOtherAudio) = Self.practice(shape, vendor: vendor, isCalm: isCalm, using: &dice)
        if vendor == .elevenLabs { try? settings.apply("format", speaksPCM ? "pcm_16000" : "ulaw_8000") }
        if vendor == .openAI, speaksPCM { try? settings.apply("format", "pcm") }
        self.settings = settings
        self.hasOtherAudio = hasOtherAudio
    }

    /// Now it cannot be had, or comes late.
    mutating func delay(using dice: inout SeededRandom) {
        wait = .milliseconds(500 + dice.below(4_500))
        switch dice.below(6) {
        case 0: answer = .refuse(status: Self.refusals[dice.below(Self.refusals.count)])
        case 1: answer = .unreachable
        case 2: answer = .silence
        default: break
        }
    }

    private static func practice(
        _ shape: Shape, vendor: UpstreamVendor, isCalm: Bool, using dice: inout SeededRandom
    ) -> (settings: PracticeSettings, hasOtherAudio: Bool) {
        var settings = PracticeSettings()
        // Long tones are made once for all worlds, so they are all alike.
        settings.pitches = [440]
        settings.greeting = .milliseconds(dice.below(4_000))
        settings.pace = [0, 1, 2, 8, 8, 30][dice.below(6)]
        settings.thinking = .milliseconds(dice.below(900))
        if dice.happens(0.15) { settings.endCallAfter = 1 + dice.below(3) }
        var texts: [String] = []
        let faults = Self.faults + (vendor == .openAI ? Self.openAIFaults : Self.elevenLabsFaults)
        let timed = Self.timed + (vendor == .openAI ? [] : Self.elevenLabsTimed)
        if !isCalm, dice.happens(0.5) { texts.append(faults[dice.below(faults.count)]) }
        if !isCalm, dice.happens(0.3) {
            let when =
                dice.happens(0.5)
                ? Self.points[dice.below(Self.points.count)]
                : "\(dice.below(Int(shape.length.inSeconds * 1_000)))ms"
            texts.append("\(timed[dice.below(timed.count)])@\(when)")
        }
        for text in texts {
            guard let fault = try? Fault(text) else { preconditionFailure("there is no fault '\(text)'") }
            settings.faults.append(fault)
        }
        if dice.happens(0.1) { try? settings.apply("tool", "get_slots@\(2 + dice.below(3))") }
        return (settings, texts.contains { $0.hasPrefix("burst") || $0.hasPrefix("wrong") })
    }
}
