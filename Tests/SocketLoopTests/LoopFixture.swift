import Addresses
import TestSupport
import Testing
import Timeline

@testable import SocketLoop

/// What a stream told its owner.
enum StreamEvent: Hashable, Sendable {
    /// Why it ended or never began, if this is what the event tells.
    var endingCode: String? {
        switch self {
        case .closed(let reason): reason.code
        case .failed(let failure): failure.code
        case .opened, .received, .writable: nil
        }
    }

    case opened(tls: String?)
    case received([UInt8])
    case writable
    case closed(CloseReason)
    case failed(DialFailure)
}

/// Writes down what a stream tells, and answers if it is told how.
final class Recorder: ByteStreamHandler {
    let journal: Journal<StreamEvent>
    private let answer: (ByteStream, Span<UInt8>) -> Void
    private let drained: (ByteStream) -> Void

    init(
        _ journal: Journal<StreamEvent>, answer: @escaping (ByteStream, Span<UInt8>) -> Void = { _, _ in },
        drained: @escaping (ByteStream) -> Void = { _ in }
    ) {
        self.journal = journal
        self.answer = answer
        self.drained = drained
    }

    func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
        journal.note(.received(bytes.span.array))
        answer(stream, bytes.span)
    }

    func streamIsWritable(_ stream: ByteStream) {
        journal.note(.writable)
        drained(stream)
    }

    func streamClosed(_ stream: ByteStream, _ reason: CloseReason) { journal.note(.closed(reason)) }
}

extension Instant {
    /// Far enough for any machine that works at all.
    static func soon(_ core: LoopCore) -> Instant { core.now.advanced(by: .seconds(20)) }
}

/// A server on loopback whose connections are recorded, and answered if the test says how.
func listen(
    _ group: LoopGroup, at host: String = "127.0.0.1", certificate: CurrentCertificate? = nil,
    policy: Acceptor.Policy = Acceptor.Policy(), journal: Journal<StreamEvent> = Journal(),
    answer: @escaping @Sendable (ByteStream, Span<UInt8>) -> Void = { stream, bytes in _ = stream.write(bytes) }
) throws -> (acceptor: Acceptor, journal: Journal<StreamEvent>) {
    let acceptor = try Acceptor(
        at: SocketAddress(HostPort(host: host, port: 0))!, group: group, certificate: certificate, policy: policy
    ) { stream in
        journal.note(.opened(tls: stream.tlsSummary))
        return Recorder(journal, answer: answer)
    }
    return (acceptor, journal)
}

/// Connects from `loop`; the journal tells what becomes of it. `then` runs on the loop once it is open.
func dial(
    _ loop: SocketLoop, _ endpoint: HostPort, tls: TLSClientContext? = nil, within limit: Duration = .seconds(20),
    journal: Journal<StreamEvent> = Journal(),
    answer: (@Sendable (ByteStream, Span<UInt8>) -> Void)? = nil,
    then: @escaping @Sendable (ByteStream) -> Void = { _ in }
) -> Journal<StreamEvent> {
    loop.execute { core in
        core.dial(endpoint, tls: tls, deadline: core.now.advanced(by: limit)) { result in
            switch result {
            case .success(let stream):
                stream.hand(to: Recorder(journal, answer: answer ?? { _, _ in }))
                journal.note(.opened(tls: stream.tlsSummary))
                then(stream)
            case .failure(let failure): journal.note(.failed(failure))
            }
        }
    }
    return journal
}

/// Records that a test cannot go on.
func fail(_ words: String, at place: SourceLocation = #_sourceLocation) {
    Issue.record(Comment(rawValue: words), sourceLocation: place)
}

/// A free port on this machine.
let loopback = SocketAddress(IPAddress(v4: 0x7F00_0001), port: 0)
