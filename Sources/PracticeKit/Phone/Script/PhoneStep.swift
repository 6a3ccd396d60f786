/// What the caller says.
public struct Speech: Hashable, Sendable {
    public enum Voice: Hashable, Sendable {
        /// Something like a voice, of this pitch.
        case voice(pitch: Double)
        /// A plain sine.
        case tone(pitch: Double)
        case file(String)
    }

    public static let usualPitch = 140.0
    public static let usualLevel = -18.0

    /// Nil: what the call was given to say, else a voice.
    public var voice: Voice?
    /// Nil: all of a file, two seconds of anything else.
    public var duration: Duration?
    public var level: Double?

    public init(_ voice: Voice? = nil, for duration: Duration? = nil, level: Double? = nil) {
        self.voice = voice
        self.duration = duration
        self.level = level
    }
}

/// One thing that the caller does.
public enum PhoneAction: Hashable, Sendable {
    case speak(Speech)
    /// Speaks once the agent has been speaking for this long.
    case interrupt(after: Duration, Speech, within: Duration)
    case wait(PhoneEvent, within: Duration)
    case expect(PhoneEvent, within: Duration)
    /// That something stays away for so long.
    case expectNo(PhoneEvent, during: Duration)
    case press(String)
    case pause(Duration)
    case jitter(Duration)
    case lose(share: Double)
    case send(String)
    case sendBinary([UInt8])
    case hangUp
    case reset
    case halfOpen(Duration)
}

/// What a caller can wait for.
public enum PhoneEvent: Hashable, Sendable {
    /// The agent speaks: an utterance that began after the caller's last words did.
    case agent
    /// The agent has been silent for so long.
    case silence(Duration)
    case tone(Double)
    /// The bridge cleared what was playing, since the caller's last words began.
    case clear
    /// The bridge ended the stream; with this close code if one is given.
    case end(code: UInt16?)
}

/// A line of a script.
public struct PhoneStep: Hashable, Sendable {
    public let line: Int
    /// As it was written.
    public let text: String
    public let action: PhoneAction

    public init(line: Int, text: String, action: PhoneAction) {
        self.line = line
        self.text = text
        self.action = action
    }
}
