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

    enum Agent {
        case openAI(PracticeSettings)
        case elevenLabs(ElevenLabsPlan)
    }

    let answer: Answer
    let wait: Duration
    let weather: Weather
    let agent: Agent
    let answersClose: Duration?
    /// Its audio is other than what it was told to say.
    let hasOtherAudio: Bool

    private static let refusals = [401, 403, 404, 429, 500, 503]
    /// At any time in a session, or of it all.
    private static let faults = [
        "silent", "no-update", "bad-key", "model-not-found", "slow=40ms", "slow=200ms", "burst=30s", "burst=200s",
        "two-items", "wrong-format", "wrong-echo", "odd-deltas", "malformed", "unknown-events", "extra-fields",
        "duplicates", "reordered", "no-created", "late-deltas", "double-tool", "failed-response=server_error",
        "late-deltas", "late-deltas", "odd-deltas",
    ]
    private static let timed = [
        "close=1000", "close=1001", "close=1011", "reset", "half-open", "session-expired", "quota",
    ]
    private static let points = ["start", "configured", "greeting", "after-greeting", "speech", "reply", "after-reply"]

    init(
        _ shape: Shape, vendor: UpstreamVendor, speaksPCM: Bool, roughness: Double, isCalm: Bool,
        using dice: inout SeededRandom
    ) {
        wait = .milliseconds(dice.below(dice.happens(0.9) ? 400 : 6_000))
        switch isCalm ? 9 : dice.below(10) {
        case 0: answer = .refuse(status: Self.refusals[dice.below(Self.refusals.count)])
        case 1: answer = .unreachable
        case 2: answer = dice.happens(0.5) ? .silence : .accept
        default: answer = .accept
        }
        weather = Weather(within: shape.length, roughness: isCalm ? roughness / 8 : roughness, using: &dice)
        answersClose = dice.happens(0.9) ? .milliseconds(dice.below(300)) : nil
        switch vendor {
        case .openAI:
            var (settings, hasOtherAudio) = Self.practice(shape, isCalm: isCalm, using: &dice)
            if speaksPCM { try? settings.apply("format", "pcm") }
            agent = .openAI(settings)
            self.hasOtherAudio = hasOtherAudio
        case .elevenLabs:
            agent = .elevenLabs(ElevenLabsPlan(shape, isCalm: isCalm, using: &dice))
            hasOtherAudio = false
        }
    }

    private static func practice(
        _ shape: Shape, isCalm: Bool, using dice: inout SeededRandom
    ) -> (settings: PracticeSettings, hasOtherAudio: Bool) {
        var settings = PracticeSettings()
        settings.greeting = .milliseconds(dice.below(4_000))
        settings.pace = [0, 1, 2, 8, 8, 30][dice.below(6)]
        settings.thinking = .milliseconds(dice.below(900))
        if dice.happens(0.15) { settings.endCallAfter = 1 + dice.below(3) }
        var texts: [String] = []
        if !isCalm, dice.happens(0.5) { texts.append(Self.faults[dice.below(Self.faults.count)]) }
        if !isCalm, dice.happens(0.3) {
            let when =
                dice.happens(0.5)
                ? Self.points[dice.below(Self.points.count)]
                : "\(dice.below(Int(shape.length.inSeconds * 1_000)))ms"
            texts.append("\(Self.timed[dice.below(Self.timed.count)])@\(when)")
        }
        for text in texts {
            // Each is written above; one that is not known would be seen as a fault that never strikes.
            if let fault = try? Fault(text) { settings.faults.append(fault) }
        }
        if dice.happens(0.1) { try? settings.apply("tool", "get_slots@\(2 + dice.below(3))") }
        return (settings, texts.contains { $0.hasPrefix("burst") || $0.hasPrefix("wrong") })
    }
}
