import Glibc
import HTTPLoop
import HTTPWire
import SocketLoop
import Synchronization
import TestSupport
import Testing
import Timeline

private let get = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"

private let bodies = [
    "Content-Length: 11\r\n\r\nhello world",
    "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: z\r\n\r\n",
    "Content-Length: 0\r\n\r\n",
]

private let slow: [(sent: String, status: Int?)] = [
    ("", nil), ("GET / HTT", 408), ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhal", 408),
]

private final class Nobody: WebSocketHandler {
    func webSocketOpened(_ socket: WebSocket) {}
    func webSocket(_ socket: WebSocket, text: Span<UInt8>) {}
    func webSocket(_ socket: WebSocket, binary: Span<UInt8>) {}
    func webSocketDrained(_ socket: WebSocket) {}
    func webSocketClosed(_ socket: WebSocket, _ ending: WebSocketEnding) {}
}

@Suite("HTTP server", .serialized, .timeLimit(.minutes(1)))
struct HTTPServerTests {
    @Test("A handler runs away from every loop", arguments: [false, true])
    func awayFromLoops(isSecure: Bool) async throws {
        let loops = Mutex<[SocketLoop]>([])
        try await withHandler(isSecure: isSecure) { request in
            let isOnLoop = loops.withLock { $0.contains { $0.executor.isCurrent } }
            return .whole(.text(200, "\(isOnLoop) \(request.isSecure) \(request.peer.ip)"))
        } _: { fixture in
            loops.withLock { $0 = fixture.group.loops }
            let client = try await fixture.client()
            client.send(get)
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.text == "false \(isSecure) 127.0.0.1\n")
        }
    }

    @Test("A body comes whole, however it is sent", arguments: bodies, [false, true])
    func wholeBody(form: String, inPieces: Bool) async throws {
        try await withHandler {
            .whole(HTTPResponse(status: 200, body: $0.body))
        } _: { fixture in
            let client = try await fixture.client()
            let request = "POST / HTTP/1.1\r\nHost: localhost\r\n\(form)"
            // Twice, so that the connection is seen to go on right behind the body.
            for _ in 1...2 {
                if inPieces { for byte in request.utf8 { client.send([byte]) } } else { client.send(request) }
                let answer = try await client.answer()
                #expect(answer.text == (form.contains("hello") ? "hello world" : ""))
            }
        }
    }

    @Test(
        "A body over the limit is answered 413 and the connection ends",
        arguments: [
            ("Content-Length: 11\r\n\r\n", 413), ("Content-Length: 10\r\n\r\n0123456789", 200),
            ("Content-Length: 11\r\nExpect: 100-continue\r\n\r\n", 413),
            ("Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n", 413),
        ])
    func bodyLimit(form: String, status: Int) async throws {
        try await withHandler(bodyLimit: 10) { _ in
            .whole(.text(200, "fine"))
        } _: { fixture in
            let client = try await fixture.client()
            client.send("POST / HTTP/1.1\r\nHost: localhost\r\n\(form)")
            let answer = try await client.answer()
            #expect(answer.status == status)
            guard status == 413 else { return }
            #expect(answer.text == "http.body_too_large\n")
            #expect(await client.end() == "stream.peer_closed")
        }
    }

    @Test("A client that asks before it sends its body is told to go on")
    func expectation() async throws {
        try await withHandler {
            .whole(HTTPResponse(status: 200, body: $0.body))
        } _: { fixture in
            let client = try await fixture.client()
            client.send("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.answer().status == 100)
            client.send("ok")
            #expect(try await client.answer().text == "ok")
        }
    }

    @Test(
        "A client that resets while its answer is made is noticed, and its handler cancelled", arguments: [false, true])
    func goneWhileRunning(isSecure: Bool) async throws {
        let gate = Gate()
        let events = Journal<String>()
        try await withHandler(isSecure: isSecure, limit: .seconds(3_600)) { request in
            events.note("began")
            events.note(await gate.pass() ? "passed" : "cancelled")
            return .whole(.text(200, "ok"))
        } _: { fixture in
            let client = try await fixture.client(saying: get)
            #expect(await events.next() == "began")
            client.reset()
            #expect(await events.next() == "cancelled")
            #expect(await become { fixture.server.counts.open == 0 })
        }
    }

    @Test("Every final answer has the date, and one that brings its own keeps it")
    func date() async throws {
        try await withServer { request in
            .respond(
                HTTPResponse(
                    status: 200, headers: request.target == "/own" ? ["Date": "Thu, 01 Jan 1970 00:00:00 GMT"] : [:]))
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            let dates = try await client.answer().head.headers.values(of: "Date")
            let now = Int64(time(nil)) * 1_000
            let date = try #require(dates.first.flatMap { UTCTime(rfc2822: $0) })
            #expect(dates.count == 1 && abs(date.millisecondsSince1970 - now) < 60_000)
            client.send("GET /own HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await client.answer().head.headers.values(of: "Date") == ["Thu, 01 Jan 1970 00:00:00 GMT"])
            client.send("nonsense\r\n\r\n")
            #expect(try await client.answer().head.headers.contains("Date"))
        }
    }

    @Test("An address that has taken half of its room is answered, and not kept; a WebSocket takes no room")
    func crowded() async throws {
        try await withLoops(2) { group in
            let server = try HTTPServer(
                at: loopback, group: group, policy: Acceptor.Policy(perAddress: AddressLimit(most: 4) { _ in false }),
                limits: .patient,
                service: TestService { request in
                    request.headers.contains("Upgrade")
                        ? .upgrade(UpgradeAnswer(handler: Nobody())) : .respond(.text(200, "ok"))
                })
            defer { server.close() }
            let fixture = ServerFixture(group: group, server: server, isSecure: false)
            let upgrade =
                "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            var clients: [RawClient] = []
            for _ in 1...6 {
                clients.append(try await fixture.client(saying: upgrade))
                #expect(try await clients.last?.answer().status == 101)
            }
            for _ in 1...2 {
                clients.append(try await fixture.client(saying: get))
                #expect(try await clients.last?.answer().head.keepsAlive == true)
            }
            let third = try await fixture.client(saying: get)
            #expect(try await third.answer().head.keepsAlive == false)
            #expect(await third.end() == "stream.peer_closed")
            #expect(server.counts.refused == 0)
        }
    }

    @Test("Pipelined requests are answered in order, one at a time", arguments: [false, true])
    func pipelining(isSecure: Bool) async throws {
        let running = Atomic(0)
        let most = Atomic(0)
        try await withHandler(isSecure: isSecure) { request in
            most.max(running.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
            for _ in 0..<100 { await Task.yield() }
            running.wrappingSubtract(1, ordering: .relaxed)
            return .whole(.text(200, request.head.target + String(decoding: request.body, as: UTF8.self)))
        } _: { fixture in
            let client = try await fixture.client()
            var requests = ""
            for number in 0..<50 {
                requests += "POST /\(number) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n!"
            }
            client.send(requests)
            for number in 0..<50 { #expect(try await client.answer().text == "/\(number)!\n") }
            #expect(most.load(ordering: .relaxed) == 1)
        }
    }

    @Test("A flood of requests that are answered at once lets others on the loop have their turn")
    func flood() async throws {
        let answered = Atomic(0)
        let journal = Journal<Int>()
        try await withLoops(1) { group in
            let service = TestService { _ in
                answered.wrappingAdd(1, ordering: .relaxed)
                return .respond(.text(200, "now"))
            }
            let server = try HTTPServer(at: loopback, group: group, service: service)
            defer { server.close() }
            group.loops[0].execute { core in
                _ = core.schedule(after: .zero) { now in
                    let count = answered.load(ordering: .relaxed)
                    journal.note(count)
                    return count < 1_000 ? now.advanced(by: .microseconds(1)) : nil
                }
            }
            let client = try await RawClient(
                group.loops[0], to: server.address, saying: String(repeating: get, count: 1_000))
            for _ in 1...1_000 { #expect(try await client.answer().status == 200) }
            var before = 0
            while before < 1_000, let count = await journal.next() {
                #expect(count - before <= 64)
                before = count
            }
        }
    }

    @Test("A client that left while its answer was made leaves nothing behind")
    func leftEarly() async throws {
        let gate = Gate()
        try await withHandler { _ in
            _ = await gate.pass()
            return .whole(.text(200, "late"))
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            #expect(await become { fixture.server.requestsInFlight == 1 })
            client.close()
            gate.open()
            #expect(await become { fixture.server.requestsInFlight == 0 && fixture.server.counts.open == 0 })
        }
    }

    @Test("HEAD is told the length of the body and spared the body")
    func head() async throws {
        try await withHandler { _ in
            .whole(.text(200, "four"))
        } _: { fixture in
            let client = try await fixture.client()
            client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let answer = try await client.answer(to: "HEAD")
            #expect(answer.head.headers["Content-Length"] == "5")
            client.send(get)
            #expect(try await client.answer().text == "four\n")
        }
    }

    @Test("An answer that has no body says nothing of its length", arguments: [204, 304])
    func noBody(status: Int) async throws {
        try await withHandler { _ in
            .whole(HTTPResponse(status: status))
        } _: { fixture in
            let client = try await fixture.client()
            for _ in 1...2 {
                client.send(get)
                let answer = try await client.answer()
                #expect(answer.status == status && !answer.head.headers.contains("Content-Length"))
            }
        }
    }

    @Test("A handler past its limit is cancelled, and the client told")
    func handlerLimit() async throws {
        let gate = Gate()
        let journal = Journal<Bool>()
        try await withHandler(limit: .milliseconds(50)) { _ in
            journal.note(await gate.pass())
            return .whole(.text(200, "too late"))
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            let answer = try await client.answer()
            #expect(answer.status == 503 && answer.text == "http.handler_deadline\n")
            #expect(await client.end() == "stream.peer_closed")
            #expect(await journal.next() == false)
            #expect(await become { fixture.server.requestsInFlight == 0 })
        }
    }

    @Test("Whoever is slow with a request is cut off, with a word if it had begun", arguments: slow)
    func slowRequest(sent: String, status: Int?) async throws {
        let limits = HTTPLimits(request: .seconds(3), body: .milliseconds(100))
        try await withHandler(limits: limits) { _ in
            .whole(.text(200, "fine"))
        } _: { fixture in
            let client = try await fixture.client(saying: sent)
            if let status { #expect(try await client.answer().status == status) }
            #expect(await client.end() == "stream.peer_closed")
            #expect(client.buffer.isEmpty)
        }
    }

    @Test("A connection may rest between requests for its idle limit, and a head has its own time then")
    func idle() async throws {
        let limits = HTTPLimits(request: .seconds(3), idle: .seconds(1))
        try await withHandler(limits: limits) { _ in
            .whole(.text(200, "fine"))
        } _: { fixture in
            let began = ContinuousClock.now
            let resting = try await fixture.client(saying: get)
            let dripping = try await fixture.client(saying: get + "G")
            #expect(try await resting.answer().status == 200)
            #expect(try await dripping.answer().status == 200)
            #expect(await resting.end() == "stream.peer_closed")
            #expect(resting.buffer.isEmpty)
            #expect(ContinuousClock.now - began > .seconds(1))
            #expect(try await dripping.answer().status == 408)
            #expect(ContinuousClock.now - began > .seconds(3))
        }
    }

    @Test("A client that does not take its answer is cut off", arguments: [false, true])
    func slowReader(isSecure: Bool) async throws {
        let limits = HTTPLimits(stall: .milliseconds(100))
        let big = [UInt8](repeating: 0x61, count: 24 << 20)
        try await withHandler(isSecure: isSecure, limits: limits) { _ in
            .whole(HTTPResponse(status: 200, body: big))
        } _: { fixture in
            let client = try await fixture.client()
            client.setReading(false)
            client.send(get)
            #expect(await become { fixture.server.counts.accepted == 1 && fixture.server.counts.open == 0 })
        }
    }

    @Test("A big answer reaches a client that reads", arguments: [false, true])
    func bigAnswer(isSecure: Bool) async throws {
        let big = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 8) }
        try await withHandler(isSecure: isSecure) { _ in
            .whole(HTTPResponse(status: 200, body: big))
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get + get)
            for _ in 1...2 { #expect(try await client.answer().body == big) }
        }
    }

    @Test("A draining server ends idle connections and finishes what is under way")
    func drain() async throws {
        let gate = Gate()
        try await withHandler { _ in
            _ = await gate.pass()
            return .whole(.text(200, "done"))
        } _: { fixture in
            let idle = try await fixture.client()
            let busy = try await fixture.client()
            busy.send(get)
            #expect(await become { fixture.server.requestsInFlight == 1 && fixture.server.counts.open == 2 })
            fixture.server.drain()
            #expect(await idle.end() == "stream.peer_closed")
            gate.open()
            let answer = try await busy.answer()
            #expect(answer.text == "done\n" && answer.head.headers["Connection"] == "close")
            #expect(await busy.end() == "stream.peer_closed")
            let late = try await fixture.client()
            late.send(get)
            #expect(try await late.answer().head.headers["Connection"] == "close")
        }
    }

    @Test("A server that stops cancels the handlers that run")
    func stop() async throws {
        let journal = Journal<Bool>()
        try await withHandler { _ in
            journal.note(true)
            let wasOpened = await Gate().pass()
            journal.note(wasOpened)
            return .whole(.text(200, "never"))
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            #expect(await journal.next() == true)
        }
        #expect(await journal.next() == false)
    }
}
