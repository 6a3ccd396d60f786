internal import Wording

/// Why a sound file could not be read.
public enum SoundFileError: Error, Hashable, Sendable {
    case unreadable(path: String, reason: String)
    case notWave
    case cutShort(chunk: String)
    case missing(chunk: String)
    case malformed(String)
    case unsupported(String)
    case unwritable(path: String, reason: String)

    public var code: String {
        switch self {
        case .unreadable: "sound.unreadable"
        case .notWave: "sound.not_wave"
        case .cutShort: "sound.cut_short"
        case .missing: "sound.missing_chunk"
        case .malformed: "sound.malformed"
        case .unsupported: "sound.unsupported"
        case .unwritable: "sound.unwritable"
        }
    }

    public var message: String {
        switch self {
        case .unreadable(let path, let reason): "The sound file '\(PeerText(path))' cannot be read: \(reason)."
        case .notWave: "This is not a WAV file: it does not begin with RIFF and WAVE."
        case .cutShort(let chunk): "The WAV file ends inside its '\(PeerText(chunk))' chunk: it was cut short."
        case .missing(let chunk): "The WAV file has no '\(chunk)' chunk."
        case .malformed(let what): "The WAV file is damaged: \(what)."
        case .unsupported(let what):
            "The WAV file cannot be used: \(what). Write 16-bit PCM or mu-law, mono or stereo, at 8, 16, 24, 44.1 or 48 kHz."
        case .unwritable(let path, let reason): "The sound file '\(PeerText(path))' cannot be written: \(reason)."
        }
    }
}
