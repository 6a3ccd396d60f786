public import MediaCore

/// Audio formats as ElevenLabs names them: `ulaw_8000`, `pcm_16000`.
///
/// They are a setting of the agent there, not of a conversation, so they are read and never asked for.
public enum ElevenLabsFormat {
    /// What holds where the server names none.
    public static let usual = AudioFormat.pcm16(.hz16000)

    /// Nil for a name that is not in the vendor's table.
    public static func format(named name: String) -> AudioFormat? {
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let rate = Int(parts[1]).flatMap({ SampleRate(rawValue: $0) }) else { return nil }
        return switch parts[0] {
        case "pcm": .pcm16(rate)
        case "ulaw" where rate == .hz8000: .muLaw8k
        default: nil
        }
    }
}
