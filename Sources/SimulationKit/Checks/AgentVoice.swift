internal import PracticeKit

/// What one agent of a call says, and how far the bridge has played it.
struct AgentVoice {
    let sound: Sound
    private var follower: AgentAudio.Follower
    private var converted: ConvertedAudio?

    init(_ audio: AgentAudio, by manner: CarrierManner, speaksPCM: Bool) {
        sound = audio.sound
        follower = AgentAudio.Follower(audio)
        let isConverted = speaksPCM || manner.spoken != .muLaw
        converted = isConverted ? ConvertedAudio(audio, inPackets: manner.spoken == .opus) : nil
    }

    /// False when it is not a part of what the agent says that may come now.
    mutating func play(_ bytes: [UInt8]) -> Bool { converted?.play(bytes) ?? follower.play(bytes) }

    mutating func clear() {
        follower.clear()
        converted?.clear()
    }

    /// How much of the last answer was sent by now.
    var place: Int { follower.place }
}
