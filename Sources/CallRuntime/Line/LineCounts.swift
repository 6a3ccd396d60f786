/// What went over one call's line, for its record.
struct LineCounts: Hashable, Sendable {
    var framesIn = 0
    var framesOut = 0
    /// Times that silence was put in.
    var gaps = 0
    /// The upstream did not take them.
    var lostToUpstream = 0
    /// The caller spoke longer than was kept while there was no upstream.
    var lostBeforeUpstream = 0
    var lateAgentAudio = 0
    var underruns = 0
}
