internal import Synchronization

/// Tones as they go over the wire, made once and shared by all sessions: a minute of sine costs a loop tens of
/// milliseconds, and the same few tones are said to everybody.
public final class ToneShelf: Sendable {
    struct Tone: Hashable {
        let pitch: Double
        let length: Duration
        let audio: WireAudio
    }

    /// In bytes: more than a run of tests asks for. A shelf that is full is emptied.
    private static let capacity = 32 << 20

    private let tones = Mutex<(byTone: [Tone: [UInt8]], byteCount: Int)>(([:], 0))

    public init() {}

    func bytes(of tone: Tone) -> [UInt8] {
        if let known = tones.withLock({ $0.byTone[tone] }) { return known }
        let bytes = tone.audio.encode(Sound.tone(tone.pitch, for: tone.length, rate: tone.audio.rate).samples)
        tones.withLock {
            if $0.byteCount + bytes.count > Self.capacity { $0 = ([:], 0) }
            if $0.byTone.updateValue(bytes, forKey: tone) == nil { $0.byteCount += bytes.count }
        }
        return bytes
    }
}
