internal import CallCore
internal import MediaCore
internal import Timeline
internal import UpstreamWire

/// Who said what when, put together from pieces of text and of audio that come at their own times.
struct ConversationBook {
    /// More words than anybody says in one turn.
    private static let textLimit = 16_384
    private static let openLimit = 16
    /// A frame comes when what is in it has been said.
    private static let frame = Duration.milliseconds(20)

    private struct Draft {
        let item: AgentItem
        var text = ""
        var isFinal = false
        var began: Instant?
        var response: Duration?
    }

    /// When the call was answered: times count from here.
    private var answered: Instant
    /// When the caller's first frame began: the upstream's times count from there.
    private var firstFrame: Instant?
    private var drafts: [Draft] = []
    /// Turns that were interrupted and may yet be corrected, each with what it says the words of.
    private var interrupted: [(item: AgentItem, turn: TranscriptTurn)] = []
    /// The upstream tells after an interruption what was really said.
    var awaitsCorrections = false
    /// When the caller's last words ended, until they are answered.
    private var callerStopped: Instant?
    private(set) var hasSpoken = false
    private(set) var responseTimes: [Duration] = []

    init(answered: Instant) { self.answered = answered }

    /// The call was answered so long ago, on a stream before this.
    mutating func goOn(after passed: Duration, at now: Instant) {
        answered = now.advanced(by: .zero - passed)
    }

    /// The caller's first frame came.
    mutating func callerAudioBegan(at now: Instant) {
        firstFrame = firstFrame ?? now.advanced(by: .zero - Self.frame)
    }

    /// - Parameter place: In the caller's audio, as the upstream counts; nil is now.
    mutating func callerStopped(at place: Milliseconds?, now: Instant) {
        callerStopped = place.map { min(now, instant(of: $0)) } ?? now
    }

    /// The first audio of an item went to the carrier. Returns how long the caller waited for it, if it is an answer.
    mutating func agentBegan(_ item: AgentItem, at now: Instant) -> Duration? {
        let waited = callerStopped.map { $0.duration(to: now) }
        callerStopped = nil
        hasSpoken = true
        if let waited { responseTimes.append(waited) }
        update(item) {
            $0.began = now
            $0.response = waited
        }
        return waited
    }

    /// Returns the turns that are complete with this.
    mutating func take(_ piece: UpstreamTranscriptPiece, at now: Instant) -> [TranscriptTurn] {
        switch piece.speaker {
        case .caller:
            guard piece.isFinal, !piece.text.isEmpty else { return [] }
            let end = piece.end.map { instant(of: $0) } ?? now
            let start = piece.start.map { instant(of: $0) } ?? end
            let turn = TranscriptTurn(
                speaker: .caller, text: String(piece.text.prefix(Self.textLimit)), startMilliseconds: time(start),
                endMilliseconds: time(max(start, end)))
            return settled() + [turn]
        case .agent:
            guard let item = piece.item else { return [] }
            if let index = interrupted.firstIndex(where: { $0.item == item }) {
                var (_, turn) = interrupted.remove(at: index)
                turn.text = String(piece.text.prefix(Self.textLimit))
                return turn.text.isEmpty ? [] : [turn]
            }
            update(item) {
                $0.text = String((piece.isFinal ? piece.text : $0.text + piece.text).prefix(Self.textLimit))
                $0.isFinal = piece.isFinal
            }
            return settled()
        }
    }

    /// The conversation went on: no correction comes any more.
    private mutating func settled() -> [TranscriptTurn] {
        defer { interrupted.removeAll() }
        return interrupted.map(\.turn)
    }

    /// The caller heard nothing more of what was open, up to `last` if that is named. What was not heard at all was not
    /// said.
    mutating func interrupted(
        heard: Set<AgentItem>, through last: AgentItem?, at now: Instant
    ) -> [TranscriptTurn] {
        let cut = drafts.filter { heard.contains($0.item) && $0.began != nil }
            .map { (item: $0.item, turn: turn($0, end: now, wasInterrupted: true)) }
        drafts.removeAll { draft in last.map { draft.item <= $0 } ?? true }
        let earlier = settled()
        guard awaitsCorrections else { return earlier + cut.map(\.turn) }
        interrupted = cut
        return earlier
    }

    /// What was said to its end by now.
    mutating func heardAll(at now: Instant) -> [TranscriptTurn] {
        let done = drafts.filter { $0.isFinal && $0.began != nil }
        drafts.removeAll { $0.isFinal && $0.began != nil }
        // The marks of what was interrupted come back, too, and may do so before its correction.
        guard !done.isEmpty else { return [] }
        return settled() + done.map { turn($0, end: now, wasInterrupted: false) }
    }

    /// The call is over: what was begun was cut off.
    mutating func close(at now: Instant) -> [TranscriptTurn] {
        let turns = drafts.filter { $0.began != nil && !$0.text.isEmpty }
            .map { turn($0, end: now, wasInterrupted: true) }
        drafts.removeAll()
        return settled() + turns
    }

    private func turn(_ draft: Draft, end: Instant, wasInterrupted: Bool) -> TranscriptTurn {
        let start = draft.began ?? end
        return TranscriptTurn(
            speaker: .agent, text: draft.text, startMilliseconds: time(start), endMilliseconds: time(max(start, end)),
            wasInterrupted: wasInterrupted, responseMilliseconds: draft.response.map { Int($0.inSeconds * 1_000) })
    }

    private mutating func update(_ item: AgentItem, _ change: (inout Draft) -> Void) {
        if let index = drafts.lastIndex(where: { $0.item == item }) { return change(&drafts[index]) }
        if drafts.count == Self.openLimit { drafts.removeFirst() }
        var draft = Draft(item: item)
        change(&draft)
        drafts.append(draft)
    }

    private func instant(of place: Milliseconds) -> Instant {
        (firstFrame ?? answered).advanced(by: place.duration)
    }

    private func time(_ instant: Instant) -> Int {
        max(0, Int(answered.nanoseconds(to: instant) / 1_000_000))
    }
}
