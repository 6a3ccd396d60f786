internal import CallRuntime
internal import CarrierWire
internal import MediaCore
internal import PracticeKit

/// How a call comes to the bridge: whose words, which codes of audio, and how rough the way of its frames is. A carrier
/// more is a value more.
struct CarrierManner {
    typealias Codec = PhoneDialect.Codec

    /// As the bridge reads it, and as the phone writes it.
    let bridge: CarrierDialect
    let phone: PhoneDialect
    /// The caller's audio and the agent's.
    let heard: Codec
    let spoken: Codec
    let framing: OpusFraming
    let road: FrameRoad

    static let twilio = CarrierManner(
        bridge: .twilio, phone: .twilio, heard: .muLaw, spoken: .muLaw, framing: .packet, road: FrameRoad())

    static func telnyx(_ codec: Codec, _ rules: TelnyxRules, _ road: FrameRoad) -> CarrierManner {
        CarrierManner(
            bridge: .telnyx, phone: .telnyx(codec), heard: codec, spoken: rules.spoken.map(Codec.init) ?? codec,
            framing: rules.framing, road: road)
    }

    /// Its carrier's reports and orders are known here.
    var hasControl: Bool { bridge == .twilio }

    /// Frames overtake each other, and not all of them come.
    var isUnordered: Bool { bridge == .telnyx }

    /// The stream that the bridge's messages have to name.
    func named(_ stream: String) -> String? { bridge == .twilio ? stream : nil }

    /// More of a voice than a telephone carries, so whoever can is asked for as much.
    var isWideband: Bool { heard == .opus || spoken == .opus }

    /// What stands around the audio of the bridge's messages.
    var headBytes: Int { spoken == .opus ? framing.headByteCount : 0 }
}

extension CarrierManner: CustomStringConvertible {
    var description: String {
        bridge == .twilio ? "twilio" : "telnyx hears \(heard), speaks \(spoken), \(framing), \(road)"
    }
}

extension PhoneDialect.Codec {
    fileprivate init(_ codec: CarrierCodec) {
        switch codec {
        case .opus: self = .opus
        case .plain(let format): self = format == .aLaw8k ? .aLaw : .muLaw
        }
    }
}

/// What happens to a caller's frames on their way to the bridge, where messages may overtake each other.
struct FrameRoad {
    /// Shares of all frames.
    var lost = 0.0
    var doubled = 0.0
    var late = 0.0

    enum Fate {
        case sent(after: Duration)
        case sentTwice(Duration, Duration)
        case lost
    }

    private static let longest = 90

    /// Most that are late are so by less than the bridge waits.
    func fate(using dice: inout SeededRandom) -> Fate {
        if lost > 0, dice.happens(lost) { return .lost }
        let wait = late > 0 && dice.happens(late) ? Self.delay(using: &dice) : .zero
        guard doubled > 0, dice.happens(doubled) else { return .sent(after: wait) }
        return .sentTwice(wait, Self.delay(using: &dice))
    }

    private static func delay(using dice: inout SeededRandom) -> Duration {
        .milliseconds(1 + dice.below(longest))
    }
}

/// Which carriers the calls of one world come over. It has dice of its own, so that the worlds in which there is but one
/// carrier stay as they were.
struct CarrierMix {
    let rules: TelnyxRules
    /// So many calls in Opus are coded on the loop, the others beside it, with these dice.
    let codedOnLoop: Int
    let worker: SeededRandom
    private var dice: SeededRandom
    private let share: Double
    private let isFull: Bool

    /// Whatever sounds otherwise on the way costs time, and sparse worlds are to be cheap.
    private static let codecs: [CarrierManner.Codec] = [.muLaw, .muLaw, .muLaw, .muLaw, .aLaw, .aLaw, .aLaw, .opus]

    init(seed: UInt64, shape: Shape) {
        var dice = SeededRandom(seed: seed ^ 0x7E1A_0C0D)
        dice = SeededRandom(seed: dice.next())
        share = dice.happens(0.25) ? 0.5 : 0
        var rules = TelnyxRules()
        rules.framing = dice.happens(0.5) ? .packet : .rtp
        if shape.isFull, dice.happens(0.3) {
            rules.spoken = [.pcmu, .pcma, .opusWideband][dice.happens(0.2) ? 2 : dice.below(2)]
        }
        self.rules = rules
        codedOnLoop = dice.below(3)
        worker = SeededRandom(seed: dice.next())
        self.dice = dice
        isFull = shape.isFull
    }

    /// For the next call.
    mutating func draw() -> CarrierManner {
        guard share > 0, dice.happens(share) else { return .twilio }
        let codec = isFull ? Self.codecs[dice.below(Self.codecs.count)] : .muLaw
        var road = FrameRoad()
        if dice.happens(0.7) { road.late = dice.happens(0.5) ? 0.02 : 0.2 }
        if dice.happens(0.4) { road.doubled = 0.02 }
        if dice.happens(0.4) { road.lost = dice.happens(0.8) ? 0.02 : 0.1 }
        return .telnyx(codec, rules, road)
    }
}
