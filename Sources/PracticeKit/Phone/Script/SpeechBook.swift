/// All that a script says, made ready before the first call: nobody computes sines while a frame is due.
public struct SpeechBook: Sendable {
    private let bytes: [Speech: [UInt8]]

    /// - Parameter usual: what is said where the script names no voice.
    public init(for script: PhoneScript, usual: Speech.Voice?) throws(SoundFileError) {
        var bytes: [Speech: [UInt8]] = [:]
        for step in script.steps {
            switch step.action {
            case .speak(let speech), .interrupt(_, let speech, _):
                bytes[speech] = MuLaw.encode(try Self.sound(of: speech, usual: usual))
            default: continue
            }
        }
        self.bytes = bytes
    }

    func bytes(of speech: Speech) -> [UInt8] { bytes[speech] ?? [] }

    private static func sound(of speech: Speech, usual: Speech.Voice?) throws(SoundFileError) -> Sound {
        let level = speech.level ?? Speech.usualLevel
        let duration = speech.duration ?? .seconds(2)
        switch speech.voice ?? usual ?? .voice(pitch: Speech.usualPitch) {
        case .voice(let pitch): return .speech(pitch: pitch, level: level, for: duration)
        case .tone(let pitch): return .tone(pitch, level: level, for: duration)
        case .file(let path):
            let sound = try SoundFile.read(path).resampled(to: Sound.phoneRate)
            return speech.duration.map { sound.lasting($0).faded() } ?? sound
        }
    }
}
