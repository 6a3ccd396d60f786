import HTTPLoop
import HTTPWire
import SocketLoop
import Synchronization
import TestSupport
import Testing

private let get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

@Suite("Streamed answers", .serialized, .timeLimit(.minutes(1)))
struct StreamingTests {
    @Test("The body comes bit by bit as chunks, and the connection goes on", arguments: [false, true])
    func chunks(isSecure: Bool) async throws {
        let gates = [Gate(), Gate()]
        try await withHandler(isSecure: isSecure) { _ in
            .streamed(
                HTTPStream(headers: ["Content-Type": "text/plain"]) { writer in
                    try await writer.write("first")
                    _ = await gates[0].pass()
                    try await writer.write("")
                    try await writer.write("second")
                    _ = await gates[1].pass()
                })
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            try await client.expect("5\r\nfirst\r\n")
            #expect(client.text.contains("Transfer-Encoding: chunked") && !client.text.contains("Content-Length"))
            gates[0].open()
            try await client.expect("6\r\nsecond\r\n")
            gates[1].open()
            #expect(try await client.answer().text == "firstsecond")
            client.send(get)
            #expect(try await client.answer().text == "firstsecond")
        }
    }

    @Test("A client of HTTP/1.0 gets the plain bytes until the end")
    func oldClient() async throws {
        try await withHandler { _ in
            .streamed(HTTPStream { try await $0.write("plain") })
        } _: { fixture in
            let client = try await fixture.client()
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(await client.end() == "stream.peer_closed")
            #expect(client.text.hasSuffix("\r\n\r\nplain") && !client.text.contains("chunked"))
        }
    }

    @Test("HEAD gets the head of a stream, and the next request its answer")
    func head() async throws {
        try await withHandler { _ in
            .streamed(HTTPStream { try await $0.write("body") })
        } _: { fixture in
            let client = try await fixture.client()
            client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" + get)
            #expect(try await client.answer(to: "HEAD").status == 200)
            #expect(try await client.answer().text == "body")
        }
    }

    private struct Accident: Error {}

    @Test("A producer that fails cuts the answer off visibly")
    func failure() async throws {
        try await withHandler { _ in
            .streamed(
                HTTPStream { writer in
                    try await writer.write("half")
                    throw Accident()
                })
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            #expect(await client.end() != "stream.peer_closed")
            #expect(!client.text.contains("0\r\n\r\n"))
        }
    }

    @Test(
        "A producer is held up by a client that does not read, and both are cut off in time", arguments: [false, true])
    func backpressure(isSecure: Bool) async throws {
        let written = Atomic(0)
        let journal = Journal<HTTPStreamEnd>()
        let piece = [UInt8](repeating: 0x61, count: 64 << 10)
        try await withHandler(isSecure: isSecure, limits: HTTPLimits(stall: .milliseconds(300))) { _ in
            .streamed(
                HTTPStream { writer in
                    do throws(HTTPStreamEnd) {
                        while true {
                            try await writer.write(piece)
                            written.wrappingAdd(piece.count, ordering: .relaxed)
                        }
                    } catch {
                        journal.note(error)
                    }
                })
        } _: { fixture in
            let client = try await fixture.client()
            client.setReading(false)
            client.send(get)
            #expect(await journal.next() == .clientTooSlow)
            // What the kernel's buffers take, and no more.
            #expect(written.load(ordering: .relaxed) < 32 << 20)
            #expect(await become { fixture.server.counts.open == 0 && fixture.server.requestsInFlight == 0 })
        }
    }

    @Test("A slow client that reads on gets all of it")
    func slowReader() async throws {
        let pieces = 256  // More than the kernel's buffers hold, so it is surely under way when it is looked at.
        try await withHandler(limits: HTTPLimits(stall: .seconds(5))) { _ in
            .streamed(
                HTTPStream { writer in
                    for number in 0..<pieces {
                        try await writer.write([UInt8](repeating: UInt8(number), count: 64 << 10))
                    }
                })
        } _: { fixture in
            let client = try await fixture.client()
            client.setReading(false)
            client.send(get)
            #expect(await become { fixture.server.requestsInFlight == 1 })
            client.setReading(true)
            let body = try await client.answer().body
            #expect(body.count == pieces << 16)
            #expect(stride(from: 0, to: body.count, by: 1 << 16).allSatisfy { body[$0] == UInt8($0 >> 16) })
        }
    }

    // MARK: event streams

    @Test(
        "An event is written as clients read it, whatever stands in it",
        arguments: [
            (ServerSentEvent("one"), "data: one\n\n"),
            (ServerSentEvent(""), "data: \n\n"),
            (ServerSentEvent("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
            (
                ServerSentEvent("x", event: "call", id: "7", retry: .seconds(2)),
                "id: 7\nevent: call\nretry: 2000\ndata: x\n\n"
            ),
            (
                ServerSentEvent("x", event: "a\ndata: forged", id: "1\r\n\r\n2"),
                "id: 12\nevent: adata: forged\ndata: x\n\n"
            ),
        ])
    func events(event: ServerSentEvent, wire: String) async throws {
        try await withHandler { _ in
            .streamed(.events { try await $0.send(event) })
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            let answer = try await client.answer()
            #expect(answer.head.headers["Content-Type"] == "text/event-stream")
            #expect(answer.text == wire)
        }
    }

    @Test("A silent event stream is kept alive by comments")
    func heartbeat() async throws {
        let gate = Gate()
        try await withHandler { _ in
            .streamed(.events(heartbeat: .milliseconds(20)) { _ in _ = await gate.pass() })
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            try await client.expect("3\r\n:\n\n\r\n3\r\n:\n\n\r\n")
            gate.open()
            try await client.expect("0\r\n\r\n")
        }
    }

    @Test("The producer of an event stream learns that its client left", arguments: [false, true], [false, true])
    func clientLeaves(isSecure: Bool, abruptly: Bool) async throws {
        let journal = Journal<Bool>()
        try await withHandler(isSecure: isSecure) { _ in
            .streamed(
                .events { writer in
                    try await writer.send(ServerSentEvent("hello"))
                    journal.note(await Gate().pass())
                })
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            try await client.expect("hello")
            if abruptly { client.reset() } else { client.close() }
            #expect(await journal.next() == false)
            #expect(await become { fixture.server.requestsInFlight == 0 && fixture.server.counts.open == 0 })
        }
    }

    @Test("Event streams end in order when the server drains")
    func drain() async throws {
        try await withHandler { _ in
            .streamed(
                .events { writer in
                    try await writer.send(ServerSentEvent("hello"))
                    _ = await Gate().pass()
                })
        } _: { fixture in
            let client = try await fixture.client()
            client.send(get)
            try await client.expect("hello")
            fixture.server.drain()
            #expect(try await client.answer().text == "data: hello\n\n")
            #expect(await client.end() == "stream.peer_closed")
        }
    }
}
