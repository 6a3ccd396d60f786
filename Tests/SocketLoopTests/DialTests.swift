import Addresses
import TestSupport
import Testing
import Timeline

@testable import SocketLoop

@Suite("Dial", .timeLimit(.minutes(1)))
struct DialTests {
    private func secureServer(_ group: LoopGroup, _ files: (certificate: String, key: String)) throws -> Acceptor {
        let certificate = try CurrentCertificate(certificateFile: files.certificate, keyFile: files.key)
        return try listen(group, certificate: certificate).acceptor
    }

    enum Distrust: CaseIterable {
        case strangeAuthority, otherName, otherAddress, expired

        var words: String {
            switch self {
            case .strangeAuthority: "unable to get local issuer certificate"
            case .otherName: "hostname mismatch"
            case .otherAddress: "IP address mismatch"
            case .expired: "certificate has expired"
            }
        }
    }

    @Test("A certificate that must not be trusted is refused, and the reason is in words", arguments: Distrust.allCases)
    func distrust(why: Distrust) async throws {
        try await withLoops { group in
            let all = Certificates.shared
            let files =
                switch why {
                case .strangeAuthority: all.localhost
                case .otherName, .otherAddress: all.elsewhere
                case .expired: all.expired
                }
            let acceptor = try secureServer(group, files)
            let trust = try TLSClientContext(authoritiesFile: why == .strangeAuthority ? all.stranger : all.authority)
            let host = why == .otherAddress ? "127.0.0.1" : "localhost"
            let client = dial(group.loops[0], HostPort(host: host, port: acceptor.address.port), tls: trust)
            guard case .failed(let failure)? = await client.next() else { return fail("it was trusted") }
            #expect(failure.code == "dial.tls")
            #expect(failure.message.contains(why.words), "\(failure.message)")
            acceptor.close()
        }
    }

    @Test("A name is looked up, and each family tried", arguments: ["localhost", "127.0.0.1"])
    func names(host: String) async throws {
        try await withLoops { group in
            let acceptor = try secureServer(group, Certificates.shared.localhost)
            let trust = try TLSClientContext(authoritiesFile: Certificates.shared.authority)
            let client = dial(group.loops[0], HostPort(host: host, port: acceptor.address.port), tls: trust)
            guard case .opened? = await client.next() else { return fail("not opened") }
            acceptor.close()
        }
    }

    @Test("A name that does not exist fails in words")
    func unknownName() async throws {
        try await withLoops { group in
            let client = dial(group.loops[0], HostPort(host: "no-such-host.invalid", port: 1), within: .seconds(30))
            guard case .failed(let failure)? = await client.next() else { return fail("it was found") }
            #expect(["dial.unresolved", "dial.deadline"].contains(failure.code), "\(failure)")
        }
    }

    @Test("A port that nobody listens on is refused at once")
    func refused() async throws {
        try await withLoops { group in
            let nobody = try SilentServer(isListening: false)
            let endpoint = nobody.address.endpoint
            let client = dial(group.loops[0], endpoint)
            guard case .failed(let failure)? = await client.next() else { return fail("somebody answered") }
            #expect(failure == .refused(endpoint, "Connection refused"))
        }
    }

    @Test("A server that accepts and never shakes hands is given up at the deadline")
    func silentHandshake() async throws {
        try await withLoops { group in
            let silent = try SilentServer()
            let trust = try TLSClientContext(authoritiesFile: Certificates.shared.authority)
            let start = ContinuousClock.now
            let client = dial(group.loops[0], silent.address.endpoint, tls: trust, within: .milliseconds(200))
            guard case .failed(let failure)? = await client.next() else { return fail("it was opened") }
            #expect(failure.code == "dial.deadline")
            #expect(start.duration(to: .now) >= .milliseconds(200))
            #expect(await group.loops[0].run { $0.timerCount } == 0, "nothing must be left behind")
        }
    }

    @Test("A dial that is given up says so once and leaves nothing behind")
    func cancelling() async throws {
        try await withLoops { group in
            let silent = try SilentServer()
            let trust = try TLSClientContext(authoritiesFile: Certificates.shared.authority)
            let journal = Journal<String>()
            group.loops[0].execute { core in
                let dial = core.dial(silent.address.endpoint, tls: trust, deadline: .soon(core)) { result in
                    if case .failure(let failure) = result { journal.note(failure.code) }
                }
                dial.cancel()
                dial.cancel()
                _ = core.schedule(after: .milliseconds(20)) { _ in
                    journal.note("later")
                    return nil
                }
            }
            #expect(await journal.next(2) == ["dial.cancelled", "later"])
            #expect(await group.loops[0].run { $0.traffic.openStreams } == 0)
            #expect(await group.loops[0].run { $0.timerCount } == 0)
        }
    }
}

@Suite("Acceptor", .timeLimit(.minutes(1)))
struct AcceptorTests {
    @Test("Connections are spread over the loops")
    func placement() async throws {
        try await withLoops(3) { group in
            let (acceptor, server) = try listen(group)
            let clients = Journal<StreamEvent>()
            for _ in 0..<30 { _ = dial(group.loops[0], acceptor.address.endpoint, journal: clients) }
            _ = await clients.next(30)
            _ = await server.next(30)
            #expect(group.loops.map(\.currentLoad) == [10, 10, 10])
            #expect(acceptor.counts == Acceptor.Counts(accepted: 30, open: 30))
            acceptor.close()
        }
    }

    @Test("Over the limit a connection is closed at once; when one leaves there is room again")
    func admission() async throws {
        try await withLoops { group in
            let (acceptor, _) = try listen(group, policy: Acceptor.Policy(maximumConnections: 1))
            let held = Held()
            let first = dial(group.loops[0], acceptor.address.endpoint, then: { held.stream = $0 })
            guard case .opened? = await first.next() else { return fail("not opened") }
            let second = dial(group.loops[0], acceptor.address.endpoint)
            #expect(await second.next { $0.endingCode } != nil)
            group.loops[0].execute { _ in held.stream?.kill() }
            #expect(await first.next() == .closed(.killed))
            #expect(await become { acceptor.counts.open == 0 })
            let third = dial(group.loops[0], acceptor.address.endpoint, then: { _ = $0.write([1].span) })
            #expect(await third.next(2).last == .received([1]))
            #expect(acceptor.counts.refused == 1)
            acceptor.close()
        }
    }

    /// Keeps a stream for the loop that it belongs to, which alone touches it.
    private final class Held: @unchecked Sendable {
        var stream: ByteStream?
    }

    @Test("A peer that never shakes hands is cut off and counted")
    func handshakeLimit() async throws {
        try await withLoops { group in
            let files = Certificates.shared.localhost
            let certificate = try CurrentCertificate(certificateFile: files.certificate, keyFile: files.key)
            let (acceptor, _) = try listen(
                group, certificate: certificate, policy: Acceptor.Policy(handshakeLimit: .milliseconds(50)))
            let client = dial(group.loops[0], acceptor.address.endpoint)
            guard case .opened? = await client.next() else { return fail("TCP itself must work") }
            guard case .closed? = await client.next() else { return fail("it was not cut off") }
            #expect(await become { acceptor.counts.failedHandshakes == 1 })
            #expect(acceptor.counts.open == 0)
            #expect(group.loops[0].currentLoad == 0)
            acceptor.close()
        }
    }

    @Test("A taken address is told as such")
    func takenAddress() async throws {
        try await withLoops { group in
            let (acceptor, _) = try listen(group)
            #expect(throws: SocketError.addressTaken(acceptor.address)) {
                _ = try Acceptor(at: acceptor.address, group: group) { _ in Recorder(Journal()) }
            }
            acceptor.close()
        }
    }

    @Test("A swapped certificate serves new connections; a bad one changes nothing")
    func certificateSwap() async throws {
        let all = Certificates.shared
        let folder = String(all.authority.dropLast("authority.pem".count))
        let (certificateFile, keyFile) = (folder + "swap.pem", folder + "swap.key")
        func install(_ files: (certificate: String, key: String)) throws {
            try copy(files.certificate, to: certificateFile)
            try copy(files.key, to: keyFile)
        }
        try install(all.elsewhere)
        let certificate = try CurrentCertificate(certificateFile: certificateFile, keyFile: keyFile)
        try await withLoops { group in
            let (acceptor, _) = try listen(group, certificate: certificate)
            let trust = try TLSClientContext(authoritiesFile: all.authority)
            func isTrusted() async -> Bool {
                let client = dial(group.loops[0], acceptor.address.endpoint, tls: trust)
                if case .opened? = await client.next() { return true }
                return false
            }
            #expect(await !isTrusted())
            try install(all.localhost)
            #expect(await !isTrusted(), "nothing changes before the reload")
            try certificate.reload()
            #expect(await isTrusted())
            try copy(all.elsewhere.key, to: keyFile)
            #expect(throws: SocketError.self) { try certificate.reload() }
            #expect(await isTrusted())
            acceptor.close()
        }
    }
}
