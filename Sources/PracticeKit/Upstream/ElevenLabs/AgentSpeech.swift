internal import Timeline

/// One thing that the agent says, on its way out.
struct AgentSpeech {
    let eventID: Int
    let utterance: Utterance
    let audio: WireAudio
    /// When the next of it is sent.
    var due: Instant
    var sentBytes = 0
    private var pieces = 0

    init(eventID: Int, utterance: Utterance, audio: WireAudio, due: Instant) {
        self.eventID = eventID
        self.utterance = utterance
        self.audio = audio
        self.due = due
    }

    var isDone: Bool { sentBytes >= utterance.bytes.count }
    var text: String { utterance.words.joined(separator: " ") }

    /// Lengths of the pieces of audio in milliseconds: large and uneven, as the service sends them.
    private static let lengths = [300, 1_100, 650, 2_000, 450]
    private static let oddLengths = [1, 159, 161, 2_001, 480, 3]

    /// The next piece of audio, as a range of the utterance's bytes.
    mutating func nextPiece(isWhole: Bool, isOdd: Bool) -> Range<Int> {
        let length =
            if isWhole {
                utterance.bytes.count
            } else if isOdd {
                Self.oddLengths[pieces % Self.oddLengths.count]
            } else {
                Self.lengths[pieces % Self.lengths.count] * audio.rate / 1_000 * audio.bytesPerSample
            }
        pieces += 1
        let start = sentBytes
        sentBytes = min(start + length, utterance.bytes.count)
        return start..<sentBytes
    }
}

/// What was begun to be sent, as the caller hears it if it is played when it comes.
struct Played {
    let eventID: Int
    let words: [String]
    let from: Instant
    let length: Duration

    var until: Instant { from.advanced(by: length) }

    /// The words that were heard by now.
    func heard(at now: Instant) -> String {
        guard length > .zero else { return words.joined(separator: " ") }
        let share = min(1, max(0, from.duration(to: now) / length))
        return words.prefix(Int(Double(words.count) * share)).joined(separator: " ")
    }
}
