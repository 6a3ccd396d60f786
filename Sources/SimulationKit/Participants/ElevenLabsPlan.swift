internal import PracticeKit
internal import Timeline

/// What one conversation of a simulated ElevenLabs agent comes to; drawn before it begins.
struct ElevenLabsPlan {
    enum Fault: CaseIterable {
        /// No metadata ever comes.
        case neverBegins
        /// A number of its own for each piece of audio.
        case numberPerPiece
        /// Pieces of any length.
        case oddPieces
        /// Audio of an answer goes on after it was interrupted, with the old number.
        case lateAudio
        /// Text of an answer comes before its audio, twice, or not at all.
        case textFirst
        case doubleText
        case noText
        case unknownEvents
        case malformed
        case manyPings
        case noGreeting
    }

    enum Ending: CaseIterable {
        case closeNormally
        case goingAway
        case serverError
        case quota
        case cap
        case reset
        case halfOpen
    }

    /// Until the metadata come.
    let beginning: Duration
    let thinking: Duration
    /// Times as fast as it is heard; 0 all at once.
    let pace: Int
    let fault: Fault?
    let ending: (at: Duration, Ending)?
    /// The agent hangs up after so many answers.
    let farewellAfter: Int?

    init(_ shape: Shape, isCalm: Bool, using dice: inout SeededRandom) {
        beginning = .milliseconds(20 + dice.below(dice.happens(0.9) ? 300 : 3_000))
        thinking = .milliseconds(100 + dice.below(900))
        pace = [0, 1, 2, 4, 8][dice.below(5)]
        fault = !isCalm && dice.happens(0.5) ? Fault.allCases[dice.below(Fault.allCases.count)] : nil
        let at = Duration.milliseconds(dice.below(Int(shape.length.inSeconds * 1_000)))
        ending = !isCalm && dice.happens(0.25) ? (at, Ending.allCases[dice.below(Ending.allCases.count)]) : nil
        farewellAfter = dice.happens(0.15) ? 1 + dice.below(3) : nil
    }
}
