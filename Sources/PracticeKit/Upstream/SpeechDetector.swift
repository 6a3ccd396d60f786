/// Finds speech by its energy, in steps of 10 ms of the audio that was written to the buffer: it has no other clock.
struct SpeechDetector {
    enum Event: Hashable {
        case started(milliseconds: Int)
        /// The end lies where the silence was long enough.
        case stopped(milliseconds: Int)
    }

    static let step = 10
    /// So many loud steps in a row begin a turn: a click is none.
    private static let loudSteps = 4

    private let samplesPerStep: Int
    private let loudness: Double
    private let prefixPadding: Int
    private let silence: Int
    private(set) var isSpeaking = false
    /// How much has been listened to since the session began.
    private(set) var milliseconds: Int
    private var loudRun = 0
    private var quietRun = 0
    private var energy = 0.0
    private var samplesInStep = 0

    /// - Parameters:
    ///   - prefixPadding: how many milliseconds before the first loud one count as speech.
    ///   - silence: how many milliseconds of it end a turn.
    ///   - milliseconds: what was heard before, when the settings change in the middle of a session.
    init(rate: Int, threshold: Double = 0.5, prefixPadding: Int, silence: Int, milliseconds: Int = 0) {
        samplesPerStep = rate * Self.step / 1_000
        // The usual threshold of 0.5 is 1 % of full scale, -40 dB: over a line's noise, under a quiet voice.
        loudness = 32_768 * 0.02 * threshold
        self.prefixPadding = prefixPadding
        self.silence = silence
        self.milliseconds = milliseconds
    }

    mutating func listen(_ samples: [Int16]) -> [Event] {
        var events: [Event] = []
        var start = 0
        while start < samples.count {
            let end = min(samples.count, start + samplesPerStep - samplesInStep)
            var energy = energy
            for index in start..<end { energy += Double(samples[index]) * Double(samples[index]) }
            self.energy = energy
            samplesInStep += end - start
            start = end
            if samplesInStep == samplesPerStep, let event = endStep() { events.append(event) }
        }
        return events
    }

    private mutating func endStep() -> Event? {
        let isLoud = (energy / Double(samplesInStep)).squareRoot() > loudness
        energy = 0
        samplesInStep = 0
        milliseconds += Self.step
        loudRun = isLoud ? loudRun + 1 : 0
        quietRun = isLoud ? 0 : quietRun + 1
        if !isSpeaking, loudRun >= Self.loudSteps {
            isSpeaking = true
            return .started(milliseconds: max(0, milliseconds - loudRun * Self.step - prefixPadding))
        }
        if isSpeaking, quietRun * Self.step >= max(Self.step, silence) {
            isSpeaking = false
            return .stopped(milliseconds: milliseconds)
        }
        return nil
    }

    /// Nothing of what is being said is to be remembered.
    mutating func forget() {
        isSpeaking = false
        loudRun = 0
        quietRun = 0
    }
}
