public import MediaCore

/// The formats of both directions.
public struct UpstreamFormats: Hashable, Sendable {
    public var callerAudio: AudioFormat
    public var agentAudio: AudioFormat

    public init(callerAudio: AudioFormat, agentAudio: AudioFormat) {
        self.callerAudio = callerAudio
        self.agentAudio = agentAudio
    }
}
