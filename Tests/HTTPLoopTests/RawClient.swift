import HTTPWire
import SocketLoop
import TestSupport
import Testing
import Timeline

/// A client that says exactly what it is told, and hears exactly what comes.
final class RawClient {
    enum Event: Sendable {
        case opened
        case received([UInt8])
        case closed(String)
    }

    struct Answer {
        let head: ResponseHead
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var status: Int { head.status }
    }

    /// What stands on the loop.
    private final class Link: ByteStreamHandler, @unchecked Sendable {
        // Why @unchecked: `stream` is used on the loop alone.
        let journal: Journal<Event>
        var stream: ByteStream?

        init(_ journal: Journal<Event>) { self.journal = journal }

        func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
            let span = bytes.span
            journal.note(.received(span.indices.map { span[$0] }))
        }

        func streamIsWritable(_ stream: ByteStream) {}
        func streamClosed(_ stream: ByteStream, _ reason: CloseReason) { journal.note(.closed(reason.code)) }
    }

    private let loop: SocketLoop
    private let journal = Journal<Event>()
    private let link: Link
    private(set) var buffer: [UInt8] = []
    /// How the connection ended, once that was heard.
    private(set) var ending: String?

    /// - Parameter greeting: Sent in the turn in which the connection is up, however busy the test's own threads are.
    init(
        _ loop: SocketLoop, to address: SocketAddress, tls: TLSClientContext? = nil, saying greeting: String = ""
    ) async throws {
        self.loop = loop
        link = Link(journal)
        loop.execute { [link, journal] core in
            core.dial(address.endpoint, tls: tls, deadline: core.now.advanced(by: .seconds(20))) { result in
                switch result {
                case .success(let stream):
                    link.stream = stream
                    stream.hand(to: link)
                    let bytes = Array(greeting.utf8)
                    _ = stream.write(bytes.span)
                    journal.note(.opened)
                case .failure(let failure): journal.note(.closed(failure.code))
                }
            }
        }
        guard case .opened? = await journal.next() else { throw Broken("not connected") }
    }

    struct Broken: Error {
        let words: String
        init(_ words: String) { self.words = words }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        loop.execute { [link] _ in _ = link.stream?.write(bytes.span) }
    }

    func setReading(_ enabled: Bool) {
        loop.execute { [link] _ in link.stream?.setReading(enabled) }
    }

    func close() {
        loop.execute { [link] _ in link.stream?.close() }
    }

    func reset() {
        loop.execute { [link] _ in link.stream?.kill(reset: true) }
    }

    /// Waits for more bytes; false at the connection's end.
    @discardableResult
    func hear() async -> Bool {
        guard ending == nil else { return false }
        switch await journal.next() {
        case .received(let bytes)?: buffer += bytes
        case .closed(let code)?: ending = code
        case .opened?, nil: break
        }
        return ending == nil
    }

    /// The next whole answer, interim ones included.
    func answer(to method: String = "GET") async throws -> Answer {
        var heads = ResponseHeadReader()
        while true {
            var position = 0
            let bytes = buffer
            if let head = try heads.next(in: bytes.span, from: &position) {
                buffer.removeFirst(position)
                if head.isInterim { return Answer(head: head, body: []) }
                return Answer(head: head, body: try await body(try head.bodyFraming(answering: method)))
            }
            heads = ResponseHeadReader()
            guard await hear() else { throw Broken("ended (\(ending ?? "")) after '\(text)'") }
        }
    }

    private func body(_ framing: BodyFraming) async throws -> [UInt8] {
        var reader = try BodyReader(framing, maximumBytes: .max)
        var body: [UInt8] = []
        while true {
            var position = 0
            let bytes = buffer
            while let event = try reader.next(in: bytes.span, from: &position) {
                switch event {
                case .data(let range): body += bytes[range]
                case .end:
                    buffer.removeFirst(position)
                    return body
                }
            }
            buffer.removeFirst(position)
            guard await hear() else {
                try reader.connectionEnded()
                return body
            }
        }
    }

    var text: String { String(decoding: buffer, as: UTF8.self) }

    /// Reads until what came contains `words`.
    func expect(_ words: String) async throws {
        while !text.contains(words) {
            guard await hear() else { throw Broken("ended (\(ending ?? "")) after '\(text)'") }
        }
    }

    /// Everything up to the end, and how it ended.
    func end() async -> String {
        while await hear() {}
        return ending ?? ""
    }
}
