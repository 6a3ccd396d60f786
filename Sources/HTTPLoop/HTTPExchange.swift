internal import HTTPWire
internal import SocketLoop
internal import Timeline

/// One request that a handler answers, from its head to the end of its answer.
struct HTTPExchange {
    /// Of the connection's requests: tells a late answer from the one that is waited for.
    let number: UInt64
    let head: RequestHead
    let handling: HTTPHandling
    private let began: Instant
    private var reader: BodyReader
    private var body: [UInt8] = []
    private var task: Task<Void, Never>?
    // While the answer is streamed.
    private(set) var stream: HTTPStream?
    private var waiting: [(HTTPStreamEnd?) -> Void] = []

    init(number: UInt64, head: RequestHead, handling: HTTPHandling, at now: Instant) throws(HTTPViolation) {
        self.number = number
        self.head = head
        self.handling = handling
        began = now
        reader = try BodyReader(head.body, maximumBytes: handling.bodyLimit)
    }

    var omitsBody: Bool { head.method == "HEAD" }
    var isChunked: Bool { head.version == .http11 }
    var isEndless: Bool { stream?.isEndless ?? false }
    var heartbeat: HTTPStream.Heartbeat? { stream?.heartbeat }

    /// Returns whether the body is complete.
    mutating func collect(_ slice: Span<UInt8>, from position: inout Int) throws(HTTPViolation) -> Bool {
        while let event = try reader.next(in: slice, from: &position) {
            switch event {
            case .end: return true
            case .data(let range):
                // SAFETY: the array copies the bytes and keeps no pointer.
                unsafe slice.extracting(range).withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
            }
        }
        return false
    }

    /// Hands the request to its handler, in a task of its own on the global pool.
    mutating func start(for connection: HTTPServerConnection) {
        let stream = connection.stream
        let request = HTTPRequest(
            head: head, body: body, peer: stream.peer, isSecure: stream.tlsSummary != nil, arrived: began)
        body = []
        let home = LoopBound(connection, on: stream.loop.executor)
        let tasks = connection.shared.tasks
        tasks.began()
        task = Task.detached { [number, handling] in
            await Self.serve(request, handling, number, home)
            tasks.ended()
        }
    }

    private static func serve(
        _ request: HTTPRequest, _ handling: HTTPHandling, _ number: UInt64, _ home: LoopBound<HTTPServerConnection>
    ) async {
        switch await handling.handler(request) {
        case .whole(let response):
            home.onLoop { $0.handlerAnswered(response, of: number) }
        case .streamed(let stream):
            home.onLoop { $0.beginStream(stream, of: number) }
            guard request.head.method != "HEAD" else { return }
            do {
                try await stream.produce(HTTPBodyWriter(connection: home, number: number))
                home.onLoop { $0.endStream(of: number, isWhole: true) }
            } catch {
                home.onLoop { $0.endStream(of: number, isWhole: false) }
            }
        }
    }

    mutating func streams(_ stream: HTTPStream) {
        self.stream = stream
    }

    mutating func wait(_ done: @escaping (HTTPStreamEnd?) -> Void) {
        waiting.append(done)
    }

    /// Lets the producer write on, or tells it why not.
    mutating func resume(_ end: HTTPStreamEnd? = nil) {
        let all = waiting
        waiting = []
        for done in all { done(end) }
    }

    func cancel() {
        task?.cancel()
    }

    /// Nobody wants the answer any more.
    mutating func fail(_ end: HTTPStreamEnd) {
        resume(end)
        task?.cancel()
    }

    /// The answer is complete, or given up: what still runs for it does so for nothing.
    mutating func end() {
        fail(.cancelled)
    }
}
