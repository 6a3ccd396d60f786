public import HTTPWire

/// One event of an event stream (WHATWG HTML, section 9.2).
public struct ServerSentEvent: Hashable, Sendable {
    public var id: String?
    public var event: String?
    public var data: String
    /// How long a client should wait before it connects again.
    public var retry: Duration?

    public init(_ data: String, event: String? = nil, id: String? = nil, retry: Duration? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// A line that clients skip.
    static let comment = Array(":\n\n".utf8)

    /// As it goes over the wire. Line ends within data begin new data lines; elsewhere they would begin another field,
    /// so they are left out.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func field(_ name: String, _ value: some Sequence<UInt8>) {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            bytes.append(contentsOf: value)
            bytes.append(UInt8(ascii: "\n"))
        }
        if let id { field("id", Self.oneLine(id)) }
        if let event { field("event", Self.oneLine(event)) }
        if let retry { field("retry", String(max(0, retry / .milliseconds(1)).rounded().asWhole).utf8) }
        for line in Self.lines(data) { field("data", line) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func oneLine(_ text: String) -> [UInt8] {
        // A client ignores an id that holds a NUL.
        text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
    }

    /// CR LF, CR and LF each end a line.
    private static func lines(_ text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var hasReturn = false
        for byte in text.utf8 {
            if byte == 0x0A, hasReturn {
                hasReturn = false
                continue
            }
            hasReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D { lines.append([]) } else { lines[lines.count - 1].append(byte) }
        }
        return lines
    }
}

extension Double {
    fileprivate var asWhole: Int64 { Int64(exactly: self) ?? .max }
}

/// Writes an event stream, from any task.
public struct EventWriter: Sendable {
    private let body: HTTPBodyWriter

    init(_ body: HTTPBodyWriter) {
        self.body = body
    }

    /// Returns once there is room for more.
    public func send(_ event: ServerSentEvent) async throws(HTTPStreamEnd) {
        try await body.write(event.bytes)
    }
}

extension HTTPStream {
    public static let usualHeartbeat = Duration.seconds(15)

    /// An event stream. It lasts until `produce` returns, the client goes, or the server drains; the latter two cancel
    /// `produce`. A comment goes out when nothing else did for `heartbeat`, so that nobody between takes it for dead.
    public static func events(
        headers: Headers = [:], heartbeat: Duration = usualHeartbeat,
        produce: @escaping @Sendable (EventWriter) async throws -> Void
    ) -> HTTPStream {
        var all: Headers = ["Content-Type": "text/event-stream", "Cache-Control": "no-store"]
        all.append(contentsOf: headers)
        var stream = HTTPStream(headers: all) { try await produce(EventWriter($0)) }
        stream.isEndless = true
        stream.heartbeat = Heartbeat(every: heartbeat, bytes: ServerSentEvent.comment)
        return stream
    }
}
