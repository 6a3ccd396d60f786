/// The caller's end of the line: what goes into each frame of 20 ms.
public struct CallerVoice: Sendable {
    private var speech: [UInt8] = []
    private var position = 0

    public init() {}

    public var isSpeaking: Bool { position < speech.count }

    /// Begins to say this; what was being said is left unfinished.
    public mutating func say(_ bytes: [UInt8]) {
        speech = bytes
        position = 0
    }

    /// The next frame; its end is filled up with silence.
    public mutating func nextFrame() -> [UInt8] {
        guard isSpeaking else { return [UInt8](repeating: MuLaw.silence, count: AgentEar.frameBytes) }
        let end = min(position + AgentEar.frameBytes, speech.count)
        var frame = Array(speech[position..<end])
        frame += repeatElement(MuLaw.silence, count: AgentEar.frameBytes - frame.count)
        position = end
        return frame
    }
}
