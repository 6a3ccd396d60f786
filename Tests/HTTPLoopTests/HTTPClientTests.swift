import Addresses
import HTTPLoop
import HTTPWire
import SocketLoop
import Synchronization
import TestSupport
import Testing
import Timeline

private let fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

@Suite("HTTP client", .serialized, .timeLimit(.minutes(1)))
struct HTTPClientTests {
    private func client(
        _ fixture: ServerFixture, limits: HTTPClientLimits = HTTPClientLimits()
    ) throws -> HTTPClient {
        HTTPClient(on: fixture.group.loops[1], tls: fixture.isSecure ? try ServerFixture.trust() : nil, limits: limits)
    }

    private func url(_ fixture: ServerFixture, _ target: String = "/") throws -> WebURL {
        try WebURL("\(fixture.isSecure ? "https" : "http")://\(fixture.server.address)\(target)")
    }

    @Test("Request and answer come across as they are", arguments: [false, true], ["", "body", "big"])
    func exchange(isSecure: Bool, kind: String) async throws {
        let body = kind == "big" ? [UInt8](repeating: 7, count: 900_000) : Array(kind.utf8)
        try await withHandler(isSecure: isSecure) { request in
            var headers: Headers = ["X-Target": request.head.target, "X-Given": request.head.headers["X-Given"] ?? ""]
            headers.append("X-Host", request.head.headers["Host"] ?? "")
            return .whole(HTTPResponse(status: 201, headers: headers, body: request.body))
        } _: { fixture in
            let client = try client(fixture)
            let url = try url(fixture, "/a?b=c")
            let answer = try await client.send(
                HTTPClientRequest(url, method: "POST", headers: ["X-Given": "yes"], body: body))
            #expect(answer.status == 201 && answer.body == body)
            #expect(answer.headers["X-Target"] == "/a?b=c" && answer.headers["X-Given"] == "yes")
            #expect(answer.headers["X-Host"] == url.authority)
        }
    }

    @Test(
        "A connection whose answer was read to its end is used again", arguments: ["length", "chunked", "HEAD", "204"])
    func reuse(form: String) async throws {
        try await withHandler { _ in
            switch form {
            case "chunked": .streamed(HTTPStream { try await $0.write("body") })
            case "204": .whole(HTTPResponse(status: 204))
            default: .whole(.text(200, "body"))
            }
        } _: { fixture in
            let client = try client(fixture)
            let request = HTTPClientRequest(try url(fixture), method: form == "HEAD" ? "HEAD" : "GET")
            for _ in 1...5 { _ = try await client.send(request) }
            #expect(fixture.server.counts.accepted == 1)
        }
    }

    @Test("No more connections than allowed are made; the rest waits its turn, and past that is refused")
    func cap() async throws {
        let gate = Gate()
        try await withHandler { _ in
            _ = await gate.pass()
            return .whole(.text(200, "done"))
        } _: { fixture in
            let client = try client(fixture, limits: HTTPClientLimits(connectionsPerOrigin: 2, waitingPerOrigin: 3))
            let request = HTTPClientRequest(try url(fixture))
            let results = await withTaskGroup(of: String.self) { group in
                for _ in 1...7 {
                    group.addTask {
                        do throws(HTTPClientError) {
                            return "\(try await client.send(request).status)"
                        } catch {
                            return error.code
                        }
                    }
                }
                var results: [String] = []
                // The refusals come at once, the others only when the gate is open.
                for await result in group {
                    results.append(result)
                    if results.count == 2 { gate.open() }
                }
                return results
            }
            #expect(results.prefix(2) == ["http_client.too_many_waiting", "http_client.too_many_waiting"])
            #expect(results.dropFirst(2).allSatisfy { $0 == "200" })
            #expect(fixture.server.counts.accepted == 2)
        }
    }

    // MARK: servers that misbehave

    /// A server that says these bytes to each request that it gets on a connection, one after the other, then ends the
    /// connection.
    private func withScript(
        _ answers: [String], _ body: (LoopGroup, WebURL) async throws -> Void
    ) async throws {
        try await withLoops(2) { group in
            let acceptor = try Acceptor(at: loopback, group: group) { _ in Script(answers) }
            defer { acceptor.close() }
            try await body(group, try WebURL("http://\(acceptor.address)/"))
        }
    }

    private final class Script: ByteStreamHandler {
        private var answers: [String]
        private var heads = RequestHeadReader()

        init(_ answers: [String]) { self.answers = answers }

        func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
            var position = 0
            while (try? heads.next(in: bytes.span, from: &position)) != nil {
                if answers.isEmpty { return stream.close() }
                let answer = Array(answers.removeFirst().utf8)
                _ = stream.write(answer.span)
                if answers.isEmpty { stream.close() }
            }
        }

        func streamIsWritable(_ stream: ByteStream) {}
        func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {}
    }

    @Test(
        "An answer that is not one fails in words",
        arguments: [
            ("SSH-2.0-OpenSSH\r\n", "http_client.malformed_answer"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "http_client.malformed_answer"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "http_client.connection_lost"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "http_client.connection_lost"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "http_client.response_too_large"),
            ("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1001), "http_client.response_too_large"),
            ("HTTP/1.1 100 Continue\r\n\r\n", "http_client.connection_lost"),
        ])
    func malformed(answer: String, code: String) async throws {
        try await withScript([answer]) { group, url in
            let client = HTTPClient(on: group.loops[0])
            let error = await #expect(throws: HTTPClientError.self) {
                _ = try await client.send(HTTPClientRequest(url, responseLimit: 1000))
            }
            #expect(error?.code == code)
        }
    }

    @Test(
        "An answer is taken as it is, redirects and refusals too",
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
            ("HTTP/1.1 100 Continue\r\n\r\n" + fine, 200, "ok"),
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, ""),
            ("HTTP/1.1 429 Slow down\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nwait", 429, "wait"),
        ])
    func taken(answer: String, status: Int, body: String) async throws {
        try await withScript([answer]) { group, url in
            let client = HTTPClient(on: group.loops[0])
            let response = try await client.send(HTTPClientRequest(url))
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self) == body)
        }
    }

    // MARK: redirects

    private static func redirect(_ status: Int, _ location: String) -> HTTPReply {
        .whole(HTTPResponse(status: status, headers: ["Location": location]))
    }

    @Test(
        "A redirect is followed where that is asked for, with the method that everybody uses",
        arguments: [
            (301, "GET", "GET"), (302, "GET", "GET"), (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"),
            (303, "PUT", "GET"), (302, "PUT", "PUT"), (307, "POST", "POST"), (308, "POST", "POST"),
            (303, "HEAD", "HEAD"),
        ])
    func redirects(status: Int, method: String, becomes: String) async throws {
        let seen = Journal<[String]>()
        try await withHandler { request in
            seen.note([
                request.head.method, request.head.target, String(decoding: request.body, as: UTF8.self),
                request.head.headers["Content-Type"] ?? "", request.head.headers["Authorization"] ?? "",
            ])
            return request.head.target == "/a/b" ? Self.redirect(status, "../c?d#e") : .whole(.text(200, "there"))
        } _: { fixture in
            let client = try client(fixture)
            let body = method == "GET" || method == "HEAD" ? "" : "body"
            let request = HTTPClientRequest(
                try url(fixture, "/a/b"), method: method,
                headers: ["Content-Type": "x/y", "Authorization": "Bearer me"],
                body: Array(body.utf8), redirects: 1)
            #expect(try await client.send(request).status == 200)
            #expect(await seen.next() == [method, "/a/b", body, "x/y", "Bearer me"])
            let keepsBody = method == becomes
            #expect(
                await seen.next() == [becomes, "/c?d", keepsBody ? body : "", keepsBody ? "x/y" : "", "Bearer me"])
        }
    }

    @Test("Redirects are answers unless asked for, and are followed no further than was asked", arguments: 0...3)
    func mostRedirects(limit: Int) async throws {
        try await withHandler { request in
            let number = Int(request.head.target.dropFirst()) ?? 0
            return number == 3 ? .whole(.text(200, "there")) : Self.redirect(302, "/\(number + 1)")
        } _: { fixture in
            let client = try client(fixture)
            let request = HTTPClientRequest(try url(fixture, "/0"), redirects: limit)
            switch limit {
            case 0: #expect(try await client.send(request).status == 302)
            case 3: #expect(try await client.send(request).status == 200)
            default:
                let error = await #expect(throws: HTTPClientError.self) { _ = try await client.send(request) }
                #expect(error?.code == "http_client.too_many_redirects")
            }
        }
    }

    @Test("Another origin is told no secret, not even on the way back")
    func secrets() async throws {
        let seen = Journal<[String]>()
        let addresses = Mutex<[String]>([])
        let handler: HTTPHandling.Handler = { request in
            let headers = request.head.headers
            seen.note(["Authorization", "Cookie", "X-Api-Key", "Accept"].map { headers[$0] ?? "" })
            let (first, second) = addresses.withLock { ($0[0], $0[1]) }
            switch request.head.target {
            case "/start": return Self.redirect(307, "http://\(second)/elsewhere")
            case "/elsewhere": return Self.redirect(307, "http://\(first)/back")
            default: return .whole(.text(200, "back"))
            }
        }
        try await withHandler(handler) { first in
            try await withHandler(handler) { second in
                addresses.withLock { $0 = ["\(first.server.address)", "\(second.server.address)"] }
                let request = HTTPClientRequest(
                    try url(first, "/start"),
                    headers: ["Authorization": "a", "Cookie": "c", "X-Api-Key": "k", "Accept": "t"], redirects: 5)
                #expect(try await client(first).send(request).status == 200)
                #expect(await seen.next() == ["a", "c", "k", "t"])
                #expect(await seen.next(2) == [["", "", "", "t"], ["", "", "", "t"]])
            }
        }
    }

    @Test(
        "A redirect that cannot or must not be followed fails in words",
        arguments: [
            (true, "http://127.0.0.1:1/", "http_client.unsafe_redirect"),
            (false, "https://127.0.0.1:1/", "http_client.unusable_redirect"),
            (false, "ftp://127.0.0.1/", "http_client.unusable_redirect"),
            (false, "ws://127.0.0.1:1/", "http_client.unusable_redirect"),
            (true, "wss://127.0.0.1:1/", "http_client.unusable_redirect"),
            (false, "http://user:secret@127.0.0.1/", "http_client.unusable_redirect"),
        ])
    func refusedRedirects(isSecure: Bool, location: String, code: String) async throws {
        try await withHandler(isSecure: isSecure) { _ in
            Self.redirect(302, location)
        } _: { fixture in
            let client = try client(fixture)
            let request = HTTPClientRequest(try url(fixture), redirects: 3)
            let error = await #expect(throws: HTTPClientError.self) { _ = try await client.send(request) }
            #expect(error?.code == code && error?.message.contains("secret") == false)
        }
    }

    @Test("One deadline covers all redirects together")
    func deadlineOverRedirects() async throws {
        let gate = Gate()
        try await withHandler { request in
            guard request.head.target == "/" else {
                _ = await gate.pass()
                return .whole(.text(200, "too late"))
            }
            return Self.redirect(302, "/slow")
        } _: { fixture in
            let client = try client(fixture)
            let request = HTTPClientRequest(try url(fixture), limit: .milliseconds(300), redirects: 3)
            let began = ContinuousClock.now
            let error = await #expect(throws: HTTPClientError.self) { _ = try await client.send(request) }
            #expect(error?.code == "http_client.deadline")
            #expect(ContinuousClock.now - began < .seconds(20))
        }
    }

    // MARK: the loop's end

    enum Busy: CaseIterable, Sendable {
        case waiting, running, dialling, idle, unused
    }

    @Test("A client whose loop ends first gives every request an end, and takes no more", arguments: Busy.allCases)
    func loopEndsFirst(busy: Busy) async throws {
        let gate = Gate()
        defer { gate.open() }
        let arrived = Journal<Void>()
        try await withHandler { request in
            arrived.note(())
            if request.head.target == "/slow" { _ = await gate.pass() }
            return .whole(.text(200, "ok"))
        } _: { fixture in
            let loop = try SocketLoop(index: 9)
            loop.start()
            let client = HTTPClient(on: loop, limits: HTTPClientLimits(connectionsPerOrigin: 1))
            let url = try self.url(fixture, busy == .idle ? "/quick" : "/slow")
            // No packet is answered there, so a dial goes on until somebody ends it.
            let silent = try WebURL("http://192.0.2.1/")
            func codes(_ requests: [HTTPClientRequest]) -> [Task<String, Never>] {
                requests.map { request in
                    Task {
                        do throws(HTTPClientError) {
                            return "\(try await client.send(request).status)"
                        } catch {
                            return error.code
                        }
                    }
                }
            }
            switch busy {
            case .waiting, .running:
                let tasks = codes(Array(repeating: HTTPClientRequest(url), count: busy == .waiting ? 3 : 1))
                _ = await arrived.next()
                loop.stop()
                for task in tasks {
                    #expect(["http_client.closed", "http_client.connection_lost"].contains(await task.value))
                }
            case .dialling:
                let task = codes([HTTPClientRequest(silent)])[0]
                #expect(await become { loop.executor.isCurrent == false })
                _ = await loop.run { $0.timerCount }
                loop.stop()
                // A machine without any network says so at once.
                #expect(["http_client.closed", "dial.refused"].contains(await task.value))
            case .idle:
                #expect(await codes([HTTPClientRequest(url)])[0].value == "200")
                loop.stop()
            case .unused: loop.stop()
            }
            #expect(await codes([HTTPClientRequest(url)])[0].value == "http_client.closed")
            client.close()
        }
    }

    /// Says one answer on each connection, and ends it when the next request comes: as a server does whose idle limit
    /// ran out in that moment.
    private final class Forgetful: ByteStreamHandler {
        private let seen: Journal<String>
        private var isFirst = true
        private var heads = RequestHeadReader()

        init(_ seen: Journal<String>) { self.seen = seen }

        func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
            var position = 0
            guard let head = try? heads.next(in: bytes.span, from: &position) else { return }
            seen.note("\(head.method) \(isFirst)")
            guard isFirst else { return stream.kill() }
            isFirst = false
            let answer = Array(fine.utf8)
            _ = stream.write(answer.span)
        }

        func streamIsWritable(_ stream: ByteStream) {}
        func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {}
    }

    @Test("A request on a kept connection that had ended is sent again only if it may be", arguments: ["GET", "POST"])
    func stale(method: String) async throws {
        try await withLoops(2) { group in
            let seen = Journal<String>()
            let acceptor = try Acceptor(at: loopback, group: group) { _ in Forgetful(seen) }
            defer { acceptor.close() }
            let client = HTTPClient(on: group.loops[0])
            let request = HTTPClientRequest(try WebURL("http://\(acceptor.address)/"), method: method)
            #expect(try await client.send(request).status == 200)
            if method == "GET" {
                #expect(try await client.send(request).status == 200)
                #expect(await seen.next() == "GET true")
                #expect(await seen.next() == "GET false")
                #expect(await seen.next() == "GET true")
            } else {
                let error = await #expect(throws: HTTPClientError.self) { _ = try await client.send(request) }
                #expect(error?.code == "http_client.connection_lost")
            }
        }
    }

    /// Takes connections and never says a word.
    private final class Mute: ByteStreamHandler {
        func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {}
        func streamIsWritable(_ stream: ByteStream) {}
        func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {}
    }

    @Test("One deadline covers a server that accepts and never answers", arguments: [false, true], [false, true])
    func deadline(isSecure: Bool, isGivenAsInstant: Bool) async throws {
        try await withLoops(2) { group in
            let acceptor = try Acceptor(at: loopback, group: group) { _ in Mute() }
            defer { acceptor.close() }
            let client = HTTPClient(on: group.loops[0], tls: try ServerFixture.trust())
            let url = try WebURL("\(isSecure ? "https" : "http")://\(acceptor.address)/")
            let limit = Duration.milliseconds(100)
            let soon = await group.loops[0].run { $0.now.advanced(by: limit) }
            let request =
                isGivenAsInstant
                ? HTTPClientRequest(url, deadline: .at(soon)) : HTTPClientRequest(url, limit: limit)
            let error = await #expect(throws: HTTPClientError.self) { _ = try await client.send(request) }
            // With TLS it is the handshake that does not come about.
            #expect(error?.code == (isSecure ? "dial.deadline" : "http_client.deadline"))
        }
    }

    @Test("A cancelled request ends its connection, and one that waits makes room", arguments: [false, true])
    func cancellation(waits: Bool) async throws {
        let gate = Gate()
        try await withHandler { request in
            if request.head.target != "/quick" { _ = await gate.pass() }
            return .whole(.text(200, "done"))
        } _: { fixture in
            let client = try client(fixture, limits: HTTPClientLimits(connectionsPerOrigin: 1, waitingPerOrigin: 1))
            let slow = HTTPClientRequest(try url(fixture))
            let quick = HTTPClientRequest(try url(fixture, "/quick"))
            let first = Task { try await client.send(slow) }
            #expect(await become { fixture.server.requestsInFlight == 1 })
            let second = Task { try await client.send(quick) }
            if waits {
                second.cancel()
                await #expect(throws: HTTPClientError.cancelled) { try await second.value }
                let third = Task { try await client.send(quick) }
                gate.open()
                #expect(try await first.value.status == 200)
                #expect(try await third.value.status == 200)
            } else {
                first.cancel()
                await #expect(throws: HTTPClientError.cancelled) { try await first.value }
                #expect(try await second.value.status == 200)
            }
        }
    }

    @Test("A request that was cancelled before it began is not sent")
    func cancelledBefore() async throws {
        try await withHandler { _ in
            .whole(.text(200, "done"))
        } _: { fixture in
            let client = try client(fixture)
            let request = HTTPClientRequest(try url(fixture))
            let gate = Gate()
            let task = Task {
                _ = await gate.pass()
                return try await client.send(request)
            }
            task.cancel()
            await #expect(throws: HTTPClientError.cancelled) { try await task.value }
            #expect(fixture.server.counts.accepted == 0)
        }
    }

    @Test(
        "An idle connection is let go after its limit, and all are when the client is closed", arguments: [false, true])
    func idle(closes: Bool) async throws {
        try await withHandler { _ in
            .whole(.text(200, "done"))
        } _: { fixture in
            let client = try client(
                fixture, limits: HTTPClientLimits(idle: closes ? .seconds(60) : .milliseconds(50)))
            let request = HTTPClientRequest(try url(fixture))
            #expect(try await client.send(request).status == 200)
            if closes { client.close() }
            #expect(await become { fixture.server.counts.accepted > 0 && fixture.server.counts.open == 0 })
            if closes {
                await #expect(throws: HTTPClientError.clientClosed) { try await client.send(request) }
            }
        }
    }

    @Test("A server that must not be trusted is not told anything")
    func distrust() async throws {
        try await withHandler(isSecure: true) { _ in
            .whole(.text(200, "done"))
        } _: { fixture in
            let stranger = try TLSClientContext(authoritiesFile: Certificates.shared.stranger)
            let client = HTTPClient(on: fixture.group.loops[0], tls: stranger)
            let error = await #expect(throws: HTTPClientError.self) {
                _ = try await client.send(HTTPClientRequest(try url(fixture)))
            }
            #expect(error?.code == "dial.tls")
        }
    }

    @Test("A header that would smuggle in a line is not sent")
    func unsendable() async throws {
        try await withHandler { _ in
            .whole(.text(200, "done"))
        } _: { fixture in
            let client = try client(fixture)
            let error = await #expect(throws: HTTPClientError.self) {
                _ = try await client.send(HTTPClientRequest(try url(fixture), headers: ["X": "a\r\nY: b"]))
            }
            #expect(error?.code == "http_client.unsendable")
            #expect(fixture.server.counts.accepted == 0)
        }
    }
}
