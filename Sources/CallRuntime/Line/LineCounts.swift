/// What went over one call's line, for its record.
struct LineCounts: Hashable, Sendable {
    var framesIn = 0
    var framesOut = 0
    /// Times that silence was put in.
    var gaps = 0
    /// Messages of audio that never came, and those that came when they were given up.
    var lostFromCarrier = 0
    var lateFromCarrier = 0
    /// Packets that were none, or found no seat at the codec, or came from it too late.
    var badPackets = 0
    /// The upstream did not take them.
    var lostToUpstream = 0
    /// The caller spoke longer than was kept while there was no upstream.
    var lostBeforeUpstream = 0
    var lateAgentAudio = 0
    var underruns = 0

    /// Pieces of sound that did not get where they were to go.
    var lost: Int { lostFromCarrier + badPackets + lostToUpstream + lostBeforeUpstream }
}
