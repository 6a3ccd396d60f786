public import Addresses
public import Telemetry
public import Wording

/// Everything that can be set, as it holds once all sources are read. The initial values are the defaults.
///
/// A duration, rate or number of zero switches its limit off.
public struct Settings: Hashable, Sendable {
    public var listen = HostPort(host: "127.0.0.1", port: 8_080)
    /// Where probes and metrics are served instead; nil serves them on `listen`.
    public var opsListen: HostPort?
    public var publicURL: WebURL?
    public var streamURL: WebURL?
    public var trustedProxies: [AddressRange] = []
    public var database = DatabaseLocation.file("patchbay.db")
    /// Nil makes the name from the host's and the listen port.
    public var node: String?
    public var secret: Secret?
    /// Nil is one per core.
    public var loops: Int?
    public var apiTokens: [APIToken] = []
    public var tls = TLS()
    public var log = Log()
    public var twilio = Twilio()
    public var telnyx = Telnyx()
    public var openAI = OpenAI()
    public var elevenLabs = ElevenLabs()
    public var turn = Turn()
    public var health = Health()
    public var readiness = Readiness()
    public var limits = Limits()
    public var timeouts = Timeouts()
    public var fallback = Fallback()
    public var recording = Recording()
    public var capture = Capture()
    public var retention = Retention()
    public var events = Events()
    public var agents: [Seed] = []
    public var numbers: [Seed] = []

    public init() {}
}

extension Settings {
    public struct TLS: Hashable, Sendable {
        public var certificate: String?
        public var key: String?
        /// For outgoing connections; nil is the system's.
        public var ca: String?
    }

    public struct Log: Hashable, Sendable {
        public var level = LogLevel.info
        /// Nil is text on a terminal, else JSON.
        public var format: LogFormat?
    }

    public struct Twilio: Hashable, Sendable {
        public var accountSID: String?
        /// More than one while a token is rotated; the first signs.
        public var authTokens: [Secret] = []
        public var apiKeySID: String?
        public var apiKeySecret: Secret?
        public var apiBase = WebURL(constant: "https://api.twilio.com")
        public var validate: Bool?
        public var requireToken = false
        public var callsPerSecond = 1

        /// On as soon as there is a token to check with, unless it is said otherwise.
        public var validatesSignatures: Bool { validate ?? !authTokens.isEmpty }
    }

    public struct Telnyx: Hashable, Sendable {
        /// More than one while a token is rotated.
        public var streamTokens: [Secret] = []
        /// Nil is the codec that a stream comes in.
        public var sendCodec: TelnyxCodec?
        public var opusFraming = TelnyxOpusFraming.packet
    }

    public struct OpenAI: Hashable, Sendable {
        public var apiKey: Secret?
        public var realtimeURL = WebURL(constant: "wss://api.openai.com/v1/realtime")
        public var apiBase = WebURL(constant: "https://api.openai.com/v1")
        public var model = "gpt-realtime-2.1"
    }

    public struct ElevenLabs: Hashable, Sendable {
        public var apiKey: Secret?
        public var url = WebURL(constant: "wss://api.elevenlabs.io")
        public var agentID: String?
        public var webhookSecret: Secret?
    }

    /// What callers get who cannot be taken, where their agent has nothing for it.
    public struct Fallback: Hashable, Sendable {
        public var say: String?
        public var transferTo: String?
    }

    public struct Turn: Hashable, Sendable {
        public var urls: [TurnURL] = []
        public var username: String?
        public var credential: Secret?
        /// Makes time-limited credentials.
        public var secret: Secret?
        public var isCritical = false
    }

    public struct Health: Hashable, Sendable {
        public var every = Duration.seconds(15)
        public var failures = 2
    }

    public struct Readiness: Hashable, Sendable {
        /// What a node that is full says of itself.
        public var full = WhenFull.ready
    }

    public struct Limits: Hashable, Sendable {
        public var calls = CallLimit.auto
        public var callsPerSecond = 200
        public var callsPerCallerPerMinute = 30
        public var requestsPerSecond = 200
        public var unstartedPerAddress = 100
        public var dialPrefixes = ["+1"]
        public var dialMinutesPerDay = 0
    }

    public struct Timeouts: Hashable, Sendable {
        public var start = Duration.seconds(10)
        public var expected = Duration.seconds(30)
        public var upstreamConnect = Duration.seconds(5)
        public var upstreamSilence = Duration.seconds(15)
        public var firstMedia = Duration.seconds(10)
        public var silence = Duration.seconds(15)
        public var heartbeat = Duration.seconds(5)
        public var maxCall = Duration.seconds(14_400)
        public var scheduleExpires = Duration.seconds(900)
        public var stale = Duration.seconds(1_800)
        public var sweep = Duration.seconds(30)
        public var drain = Duration.seconds(600)
        public var lameDuck = Duration.seconds(5)
        public var store = Duration.seconds(5)
    }

    public struct Recording: Hashable, Sendable {
        /// Nil is `recordings` beside the database.
        public var directory: String?
    }

    public struct Capture: Hashable, Sendable {
        /// Nil captures nothing.
        public var directory: String?
    }

    public struct Retention: Hashable, Sendable {
        public var callsDays = 365
        public var transcriptsDays = 90
        public var recordingsDays = 90
        public var capturesDays = 7
    }

    public struct Events: Hashable, Sendable {
        public var url: WebURL?
        public var secret: Secret?
    }

    public var recordingDirectory: String {
        recording.directory ?? database.directory.map { "\($0)/recordings" } ?? "recordings"
    }
}

extension WebURL {
    /// For the defaults above, which the tests read; what is written in this file is a URL.
    fileprivate init(constant: String) {
        do {
            try self.init(constant)
        } catch {
            preconditionFailure("\(constant) is no URL")
        }
    }
}
