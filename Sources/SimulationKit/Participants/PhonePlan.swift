internal import PracticeKit
internal import Timeline

/// What one caller is going to do, and what the carrier does about it; drawn before the call begins.
struct PhonePlan {
    enum Mischief: CaseIterable {
        case noJSON
        case unknownEvent
        case foreignStream
        case badPayload
        case unknownMark
        case doubleMarks
        case startAgain
    }

    enum Ending: CaseIterable {
        /// Hangs up: `stop`, then the socket closes.
        case stopAndClose
        /// `stop`, and the socket stays.
        case stop
        case close
        case closeGoingAway
        case reset
        case goesDead
        case binary
        case brokenFrame
        case otherStart
        /// Stays until somebody else ends the call.
        case none
    }

    struct Speech {
        let start: Duration
        let length: Duration

        var end: Duration { start + length }
    }

    /// Nil never says `start`.
    var start: Duration?
    var token = Token.right
    var speeches: [Speech] = []
    var keys: [(at: Duration, digit: Character)] = []
    var mischief: [(at: Duration, Mischief)] = []
    /// No frames come.
    var mute: Range<Duration>?
    var ending: Ending
    var endsAt: Duration
    /// Until the carrier answers a goodbye; nil never does.
    var answersClose: Duration?

    enum Token {
        case none
        case right
        case wrong
    }

    init(_ shape: Shape, isOwn: Bool, using dice: inout SeededRandom) {
        let span = Int(shape.length.inSeconds * 1_000)
        start = dice.happens(0.97) ? .milliseconds(dice.below(400)) : nil
        token = isOwn ? dice.happens(0.97) ? .right : .wrong : .none
        var at = 500 + dice.below(8_000)
        while at < span, speeches.count < 40 {
            let length = 200 + dice.below(shape.isFull ? 4_000 : 800)
            speeches.append(Speech(start: .milliseconds(at), length: .milliseconds(length)))
            at += length + 500 + dice.below(shape.isFull ? 9_000 : 120_000)
        }
        for _ in 0..<(dice.happens(0.4) ? dice.below(6) : 0) {
            keys.append((.milliseconds(dice.below(span)), "0123456789*#".randomElement(using: &dice) ?? "0"))
        }
        for _ in 0..<(dice.happens(0.3) ? 1 + dice.below(4) : 0) {
            mischief.append((.milliseconds(dice.below(span)), Mischief.allCases[dice.below(Mischief.allCases.count)]))
        }
        if dice.happens(0.2) {
            let from = dice.below(span)
            mute = .milliseconds(from)..<(.milliseconds(from + dice.below(dice.happens(0.8) ? 15_000 : 90_000)))
        }
        ending = dice.happens(0.5) ? .stopAndClose : Ending.allCases[dice.below(Ending.allCases.count)]
        endsAt = .milliseconds(dice.happens(0.3) ? dice.below(8_000) : dice.below(span))
        answersClose = dice.happens(0.95) ? .milliseconds(dice.below(dice.happens(0.9) ? 200 : 3_000)) : nil
    }

    /// Silence that long would end the call, so one frame is sent.
    private static let signOfLife = Duration.seconds(40)
    /// Frames around speech; the rest is nothing but silence.
    private static let lead = Duration.milliseconds(100)
    private static let trail = Duration.milliseconds(300)

    /// The speech that is on at this time, or the one that comes next.
    func speech(at time: Duration, from first: Int) -> Int {
        var place = first
        while place < speeches.count, speeches[place].end + Self.trail <= time { place += 1 }
        return place
    }

    func isSpeaking(at time: Duration, in place: Int) -> Bool {
        place < speeches.count && speeches[place].start <= time && time < speeches[place].end
    }

    /// When a frame is due next where media is only looked at around speech: at the earliest 20 ms after the last one.
    func nextFrame(after last: Duration, in place: Int) -> Duration {
        let next = last + .milliseconds(20)
        let life = last + Self.signOfLife
        guard place < speeches.count else { return life }
        return min(life, max(next, speeches[place].start - Self.lead))
    }
}
