import Glibc
import TestSupport
import Testing
import Timeline

@testable import SocketLoop

@Suite("Byte stream", .timeLimit(.minutes(1)))
struct ByteStreamTests {
    enum Kind: CaseIterable { case plain, tls }

    private func certificate(_ kind: Kind) throws -> CurrentCertificate? {
        guard kind == .tls else { return nil }
        let files = Certificates.shared.localhost
        return try CurrentCertificate(certificateFile: files.certificate, keyFile: files.key)
    }

    private func trust(_ kind: Kind) throws -> TLSClientContext? {
        kind == .tls ? try TLSClientContext(authoritiesFile: Certificates.shared.authority) : nil
    }

    @Test("What is written arrives, both ways, and each side hears of the end once", arguments: Kind.allCases)
    func echo(kind: Kind) async throws {
        try await withLoops(2) { group in
            let (acceptor, server) = try listen(group, certificate: certificate(kind))
            let client = dial(
                group.loops[1], acceptor.address.endpoint, tls: try trust(kind),
                then: { stream in
                    _ = stream.write(Array("hello".utf8).span)
                })
            guard case .opened(let tls)? = await client.next() else { return fail("not opened") }
            #expect((tls != nil) == (kind == .tls))
            #expect(await client.next() == .received(Array("hello".utf8)))
            acceptor.close()
            guard case .opened? = await server.next() else { return fail("the server saw no connection") }
            #expect(await server.next() == .received(Array("hello".utf8)))
        }
    }

    @Test("A close delivers all that was written before it, then an orderly end", arguments: Kind.allCases)
    func closingFlushes(kind: Kind) async throws {
        let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withLoops(2) { group in
            let (acceptor, server) = try listen(group, certificate: certificate(kind), answer: { _, _ in })
            let sender = Journal<StreamEvent>()
            group.loops[1].execute { core in
                core.dial(acceptor.address.endpoint, tls: try! trust(kind), deadline: .soon(core)) { result in
                    let stream = try! result.get()
                    var sent = 0
                    let push = { (stream: ByteStream) in
                        while sent < payload.count {
                            guard let taken = stream.write(payload.span.extracting(sent...)), taken > 0 else {
                                return stream.askToWrite()
                            }
                            sent += taken
                        }
                        stream.close()
                    }
                    stream.hand(to: Recorder(sender, drained: push))
                    push(stream)
                }
            }
            var received: [UInt8] = []
            var ending: CloseReason?
            while ending == nil, let event = await server.next() {
                switch event {
                case .received(let bytes): received += bytes
                case .closed(let reason): ending = reason
                default: continue
                }
            }
            #expect(received == payload)
            #expect(ending == .peer)
            acceptor.close()
        }
    }

    @Test("A peer that stops reading makes the writer wait, never the loop", arguments: Kind.allCases)
    func backpressure(kind: Kind) async throws {
        try await withLoops(2) { group in
            let (acceptor, _) = try listen(
                group, certificate: certificate(kind), answer: { stream, _ in stream.setReading(false) })
            let journal = Journal<Int>()
            group.loops[1].execute { core in
                core.dial(acceptor.address.endpoint, tls: try! trust(kind), deadline: .soon(core)) { result in
                    let stream = try! result.get()
                    stream.hand(to: Recorder(Journal()))
                    let chunk = [UInt8](repeating: 7, count: 65_536)
                    _ = core.schedule(after: .milliseconds(1)) { now in
                        var taken = 0
                        while let count = stream.write(chunk.span), count > 0 { taken += count }
                        if taken > 0 { return now.advanced(by: .milliseconds(20)) }
                        journal.note(stream.isCongested ? 1 : 0)
                        stream.kill()
                        return nil
                    }
                }
            }
            #expect(await journal.next() == 1, "the writer must be told to wait")
            acceptor.close()
        }
    }

    enum Ending: UInt8, CaseIterable {
        case serverCloses, serverResets, clientCloses, clientKills
    }

    @Test("Each way of ending is told apart, on both sides", arguments: Ending.allCases, Kind.allCases)
    func endings(ending: Ending, kind: Kind) async throws {
        try await withLoops(2) { group in
            // The byte goes there and back first, so that both sides are surely up when one of them ends it.
            let (acceptor, server) = try listen(
                group, certificate: certificate(kind),
                answer: { stream, bytes in
                    _ = stream.write(bytes)
                    if bytes[0] == Ending.serverCloses.rawValue { stream.close() }
                    if bytes[0] == Ending.serverResets.rawValue { stream.kill(reset: true) }
                })
            let client = dial(
                group.loops[1], acceptor.address.endpoint, tls: try trust(kind),
                answer: { stream, _ in
                    if ending == .clientCloses { stream.close() }
                    if ending == .clientKills { stream.kill() }
                }, then: { _ = $0.write([ending.rawValue].span) })
            let atClient = await client.next { $0.endingCode }
            let atServer = await server.next { $0.endingCode }
            switch ending {
            case .serverCloses:
                #expect(atServer == "stream.closed" && atClient == "stream.peer_closed")
            case .serverResets:
                #expect(atServer == "stream.killed" && atClient == "stream.failed")
            case .clientCloses:
                #expect(atClient == "stream.closed" && atServer == "stream.peer_closed")
            case .clientKills:
                // TLS tells a cut from an end; unread session tickets may make it a reset.
                let expected = kind == .tls ? ["stream.truncated", "stream.failed"] : ["stream.peer_closed"]
                #expect(atClient == "stream.killed" && expected.contains(atServer ?? ""))
            }
            acceptor.close()
            #expect(await become { acceptor.counts.open == 0 })
        }
    }

    @Test("A peer that never closes its side is cut off after the linger limit")
    func lingering() async throws {
        try await withLoops { group in
            // A bare socket that accepts and then does nothing at all.
            let silent = try SilentServer()
            let client = dial(group.loops[0], silent.address.endpoint, then: { $0.close(within: .milliseconds(50)) })
            #expect(await client.next { $0.endingCode } == "stream.closed")
        }
    }

    @Test("Every byte goes through libwebsockets' raw role: the counts agree with what was sent")
    func trafficIsCounted() async throws {
        try await withLoops { group in
            let (acceptor, _) = try listen(group)
            let client = dial(
                group.loops[0], acceptor.address.endpoint,
                then: { stream in
                    _ = stream.write([UInt8](repeating: 1, count: 1_000).span)
                })
            var received = 0
            while received < 1_000, let event = await client.next() {
                if case .received(let bytes) = event { received += bytes.count }
            }
            let traffic = await group.loops[0].run { $0.traffic }
            #expect(traffic.receivedBytes == 2_000)
            #expect(traffic.writtenBytes == 2_000)
            #expect(traffic.openStreams == 2)
            acceptor.close()
        }
    }
}

/// Accepts connections in the kernel and never says a word; or holds a port on which nobody listens.
final class SilentServer: Sendable {
    let address: SocketAddress
    private let descriptor: Int32

    init(isListening: Bool = true) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: each call gets a structure of the size that it is told.
        let descriptor = self.descriptor
        let isBound = unsafe loopback.withSockaddr {
            unsafe bind(descriptor, $0, $1)
        }
        let listened = isListening ? listen(descriptor, 16) : 0
        let bound = unsafe withUnsafeTemporaryAllocation(of: sockaddr_storage.self, capacity: 1) { buffer in
            unsafe UnsafeMutableRawBufferPointer(buffer).withMemoryRebound(to: sockaddr.self) {
                name -> SocketAddress? in
                guard let name = name.baseAddress, unsafe getsockname(descriptor, name, &length) == 0 else {
                    return nil
                }
                return unsafe SocketAddress(name)
            }
        }
        try #require(isBound == 0 && listened == 0)
        address = try #require(bound)
    }

    deinit { close(descriptor) }
}
