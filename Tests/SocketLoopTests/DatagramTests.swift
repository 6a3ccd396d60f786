import Foundation
import TestSupport
import Testing
import Timeline

@testable import SocketLoop

@Suite("Datagram socket", .timeLimit(.minutes(1)))
struct DatagramTests {
    enum Event: Hashable, Sendable {
        case received([UInt8])
        case failed(Int32)
    }

    final class Ear: DatagramHandler {
        let journal: Journal<Event>
        let echoes: Bool
        var socket: DatagramSocket?

        init(_ journal: Journal<Event>, echoes: Bool = false) {
            self.journal = journal
            self.echoes = echoes
        }

        func datagram(_ socket: DatagramSocket, received bytes: Span<UInt8>, from peer: SocketAddress?) {
            journal.note(.received(bytes.array))
            if echoes { _ = socket.send(bytes, to: peer) }
        }

        func datagramFailed(_ socket: DatagramSocket, errno: Int32) { journal.note(.failed(errno)) }
    }

    @Test("A datagram reaches its peer and the answer comes back")
    func echo() async throws {
        try await withLoops { group in
            let (near, far) = (Journal<Event>(), Journal<Event>())
            group.loops[0].execute { core in
                let local = loopback
                let (server, client) = (Ear(far, echoes: true), Ear(near))
                server.socket = try! DatagramSocket(on: core, local: local, handler: server)
                client.socket = try! DatagramSocket(on: core, remote: server.socket!.localAddress!, handler: client)
                #expect(client.socket!.send([1, 2, 3].span) == nil)
                _ = core.schedule(after: .seconds(2)) { _ in
                    server.socket?.close()
                    client.socket?.close()
                    return nil
                }
            }
            #expect(await far.next() == .received([1, 2, 3]))
            #expect(await near.next() == .received([1, 2, 3]))
        }
    }

    @Test("A port that nobody listens on is reported as refused")
    func refused() async throws {
        try await withLoops { group in
            let journal = Journal<Event>()
            group.loops[0].execute { core in
                let gone = try! DatagramSocket(
                    on: core, local: loopback, handler: Ear(Journal()))
                let address = gone.localAddress!
                gone.close()
                let client = Ear(journal)
                client.socket = try! DatagramSocket(on: core, remote: address, handler: client)
                _ = core.schedule(after: .milliseconds(5)) { now in
                    _ = client.socket?.send([1].span)
                    return core.timerCount > 1 ? now.advanced(by: .milliseconds(5)) : nil
                }
                _ = core.schedule(after: .seconds(2)) { _ in
                    client.socket?.close()
                    return nil
                }
            }
            #expect(await journal.next() == .failed(ECONNREFUSED))
        }
    }
}

@Suite("Resolver")
struct ResolverTests {
    private let address = loopback

    private func second(_ number: Double) -> Instant { Instant(nanoseconds: Int64(number * 1e9)) }

    @Test("Many who ask for one name make one question")
    func oneQuestion() {
        let resolver = Resolver()
        var asked = 0
        var answered = 0
        for _ in 0..<5 {
            resolver.resolve("a", at: .zero) { _, _ in
                asked += 1
                return true
            } done: { _ in
                answered += 1
            }
        }
        #expect(asked == 1 && answered == 0)
        resolver.answered(1, .success([address]), at: .zero)
        #expect(answered == 5)
    }

    @Test(
        "An answer is remembered for its time and no longer",
        arguments: [(true, 29.9, true), (true, 30, false), (false, 0.9, true), (false, 1, false)])
    func memory(isGood: Bool, age: Double, remembered: Bool) {
        let resolver = Resolver()
        var asked = 0
        let ask: Resolver.Ask = { _, _ in
            asked += 1
            return true
        }
        resolver.resolve("a", at: .zero, ask: ask) { _ in }
        resolver.answered(1, isGood ? .success([address]) : .failure(ResolveFailure(message: "no")), at: .zero)
        resolver.resolve("a", at: second(age), ask: ask) { _ in }
        #expect((asked == 1) == remembered)
    }

    @Test("A question that cannot be asked is answered at once")
    func fullResolver() {
        let resolver = Resolver()
        var failed = false
        let refuse: Resolver.Ask = { _, _ in false }
        resolver.resolve("a", at: .zero, ask: refuse) { answer in
            if case .failure = answer { failed = true }
        }
        #expect(failed)
    }
}

func copy(_ source: String, to target: String) throws {
    try? FileManager.default.removeItem(atPath: target)
    try FileManager.default.copyItem(atPath: source, toPath: target)
}
