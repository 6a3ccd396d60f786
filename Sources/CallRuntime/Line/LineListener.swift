internal import CallCore
internal import CarrierWire
internal import MediaCore
internal import UpstreamWire

/// Who is told all that is not audio. Always on the call's loop.
protocol LineListener: AnyObject {
    func carrierOpened()
    func carrierSaid(_ message: CarrierMessage)
    func carrierMisspoke(_ error: CarrierError)
    func carrierSaidForeign()
    func carrierEnded(_ end: CallSocketEnd)
    func carrierSentBinary()

    func upstreamOpened()
    func upstreamSaid(_ output: UpstreamOutput)
    func upstreamMisspoke(_ code: String, _ message: String)
    func upstreamEnded(_ end: CallSocketEnd)

    /// The same for the one that stands in, until it is ready and takes over.
    func standInOpened()
    func standInSaid(_ events: [UpstreamEvent])

    func firstCallerAudio()
    /// The first audio of an answer went to the carrier.
    func agentBegan(_ item: AgentItem)
    /// There is no room for more of an answer.
    func agentOverflowed(dropped: Milliseconds)
    /// So much of an answer was not played, all in all.
    func agentAudioDropped(_ all: Milliseconds)
    func agentAudioIsNot(_ promised: AudioFormat, but found: AudioFormat.Encoding)
    func markReturned(_ name: String, as acknowledgement: PlayoutLedger.Acknowledgement?)
    /// Everything that came of the agent so far was heard.
    func heardAll()
    /// What had come when the milestone was set was heard.
    func milestoneHeard()
    /// The same as `heardAll`, once it was asked for.
    func playoutEnded()
}
