/// Listens to what is played and tells when somebody speaks. Works on frames of 20 ms and gives places to the sample.
public struct AgentEar: Sendable {
    public static let frameBytes = 160
    /// Louder than this is speech; what a line hisses is not.
    static let threshold = -45.0
    /// A pause shorter than this does not end what is being said.
    static let patienceFrames = 15
    private static let toneWindow = 800

    public enum Event: Hashable, Sendable {
        case began(place: Int)
        case ended(place: Int)
    }

    /// Where what is being said began.
    public private(set) var beganPlace: Int?
    /// Behind the last frame that was loud.
    public private(set) var quietSince = 0
    public private(set) var level = Sound.noLevel
    /// Frames listened to, times their length.
    public private(set) var place = 0
    private var recent = Sound()

    public init() {}

    public var hearsSpeech: Bool { beganPlace != nil }

    /// Takes the next frame.
    public mutating func hear(_ frame: [UInt8]) -> Event? {
        let sound = MuLaw.decode(frame)
        level = sound.level
        recent.samples += sound.samples
        if recent.samples.count > Self.toneWindow {
            recent.samples.removeFirst(recent.samples.count - Self.toneWindow)
        }
        defer { place += frame.count }
        guard level > Self.threshold else {
            guard beganPlace != nil, place + frame.count - quietSince >= Self.patienceFrames * Self.frameBytes else {
                return nil
            }
            beganPlace = nil
            return .ended(place: quietSince)
        }
        quietSince = place + frame.count
        guard beganPlace == nil else { return nil }
        let first = place + (sound.samples.firstIndex { $0.magnitude > 100 } ?? 0)
        beganPlace = first
        return .began(place: first)
    }

    /// The buffer was cleared: what comes next is something new, however soon it comes.
    public mutating func cleared() -> Event? {
        guard beganPlace != nil else { return nil }
        beganPlace = nil
        return .ended(place: quietSince)
    }

    /// Whether the last 100 ms were this tone and little else.
    public func hearsTone(_ pitch: Double) -> Bool {
        guard recent.samples.count == Self.toneWindow else { return false }
        let tone = recent.level(ofTone: pitch)
        return tone > Self.threshold && tone > recent.level - 3
    }
}
