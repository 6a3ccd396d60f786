internal import Wording

/// Writes what the carrier says on one stream, and counts it.
public struct StreamWriter: Sendable {
    public struct Identity: Hashable, Sendable {
        public let account: String
        public let call: String
        public let stream: String

        public init(account: String, call: String, stream: String) {
            self.account = account
            self.call = call
            self.stream = stream
        }
    }

    public let identity: Identity
    public let dialect: PhoneDialect
    /// Of the last message that was numbered.
    public private(set) var sequence = 0
    public private(set) var chunk = 0

    public init(_ identity: Identity, dialect: PhoneDialect = .twilio) {
        self.identity = identity
        self.dialect = dialect
    }

    /// The first message; it has neither number nor stream.
    public var connected: String {
        Self.text {
            $0.member("event", "connected")
            if dialect == .twilio { $0.member("protocol", "Call") }
            $0.member("version", "1.0.0")
        }
    }

    /// The second one.
    public mutating func start(
        parameters: [CallInstruction.Stream.Parameter], parties: Parties? = nil
    ) -> String {
        if case .telnyx(let codec) = dialect { return telnyxStart(codec, parties, parameters) }
        let identity = identity
        return numbered("start") { json in
            json.key("start")
            json.object {
                $0.member("accountSid", identity.account)
                $0.member("streamSid", identity.stream)
                $0.member("callSid", identity.call)
                $0.key("tracks")
                $0.array { $0.string("inbound") }
                $0.key("mediaFormat")
                $0.object {
                    $0.member("encoding", "audio/x-mulaw")
                    $0.key("sampleRate")
                    $0.integer(8_000)
                    $0.key("channels")
                    $0.integer(1)
                }
                $0.key("customParameters")
                $0.object { for parameter in parameters { $0.member(parameter.name, parameter.value) } }
            }
        }
    }

    /// A frame.
    ///
    /// - Parameter milliseconds: of its first sample, from the stream's start.
    public mutating func media(_ bytes: [UInt8], at milliseconds: Int) -> String {
        chunk += 1
        let chunk = chunk
        return numbered("media") { json in
            json.key("media")
            json.object {
                $0.member("track", "inbound")
                $0.member("chunk", String(chunk))
                $0.member("timestamp", String(milliseconds))
                $0.member("payload", Base64.encode(bytes))
            }
        }
    }

    /// Counts a frame that gets lost on the carrier's side: its numbers are missing.
    public mutating func skipMedia() {
        chunk += 1
        sequence += 1
    }

    public mutating func key(_ digit: Character) -> String {
        let isTwilio = dialect == .twilio
        return numbered("dtmf") { json in
            json.key("dtmf")
            json.object {
                if isTwilio { $0.member("track", "inbound_track") }
                $0.member("digit", String(digit))
            }
        }
    }

    public mutating func mark(_ name: String) -> String {
        numbered("mark") { json in
            json.key("mark")
            json.object { $0.member("name", name) }
        }
    }

    public mutating func stop() -> String {
        if case .telnyx = dialect { return telnyxStop() }
        let identity = identity
        return numbered("stop") { json in
            json.key("stop")
            json.object {
                $0.member("accountSid", identity.account)
                $0.member("callSid", identity.call)
            }
        }
    }

    mutating func numbered(_ event: String, _ members: (inout JSONWriter) -> Void) -> String {
        sequence += 1
        let (number, stream) = (sequence, identity.stream)
        let (numberName, streamName) =
            dialect == .twilio ? ("sequenceNumber", "streamSid") : ("sequence_number", "stream_id")
        return Self.text {
            $0.member("event", event)
            $0.member(numberName, String(number))
            members(&$0)
            $0.member(streamName, stream)
        }
    }

    private static func text(_ members: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.object(members)
        return json.text
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }
}
