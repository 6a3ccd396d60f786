import Addresses
import HTTPWire
import SocketLoop
import Synchronization
import TestSupport
import Testing
import Timeline

@testable import HTTPLoop

@Suite("WebSocket", .timeLimit(.minutes(2)))
struct WebSocketTests {
    @Test("Messages of every size go both ways whole and in order", arguments: [false, true])
    func messages(tls: Bool) async throws {
        let texts =
            ["", "hello", "žluťoučký kůň 🐎"]
            + [125, 126, 65_535, 65_536, 900_000].map { String(repeating: "x", count: $0) }
        let answer: SocketAct = { socket, event in
            if case .text(let text) = event { socket.say(text) }
            if case .binary(let bytes) = event { _ = socket.send(binary: bytes.span) }
        }
        try await SocketBench.run(
            tls: tls, limits: WebSocketLimits(waitingBytes: 4 << 20, silence: .seconds(60)),
            server: answer
        ) { bench in
            let client = bench.open(
                limits: WebSocketLimits(waitingBytes: 4 << 20, silence: .seconds(60)),
                act: { socket, event in
                    guard case .opened = event else { return }
                    for text in texts { socket.say(text) }
                    _ = socket.send(binary: [0, 255, 128].span)
                })
            let expected = [.opened(subprotocol: nil)] + texts.map(SocketEvent.text) + [.binary([0, 255, 128])]
            for event in expected {
                let came = await client.next { $0 == .drained ? nil : $0 }
                #expect(came == event)
            }
        }
    }

    @Test("Two texts in one write come as two, both ways; where they find no room neither is sent")
    func together() async throws {
        let pairs = [
            ("a", "b"), (String(repeating: "x", count: 300), ""), ("c", String(repeating: "y", count: 70_000)),
        ]
        let limit = 100_000
        let sendAll: @Sendable (WebSocket) -> Void = { socket in
            for (first, second) in pairs {
                #expect(socket.send(text: first.utf8.span, then: second.utf8.span) == .sent)
            }
            let long = String(repeating: "z", count: limit / 2 + 1)
            #expect(socket.send(text: long.utf8.span, then: long.utf8.span) == .full)
        }
        let answer: SocketAct = { socket, event in
            if case .text("go") = event { sendAll(socket) }
        }
        try await SocketBench.run(limits: WebSocketLimits(waitingBytes: limit), server: answer) { bench in
            let client = bench.open(
                limits: WebSocketLimits(waitingBytes: limit),
                act: { socket, event in
                    guard case .opened = event else { return }
                    sendAll(socket)
                    socket.say("go")
                })
            for side in [client, bench.atServer] {
                for text in pairs.flatMap({ [$0, $1] }) {
                    let came = await side.next { event in if case .text(let text) = event { text } else { nil } }
                    #expect(came == text)
                }
            }
        }
    }

    @Test("The subprotocol that the server chose is told to both sides")
    func subprotocol() async throws {
        try await SocketBench.run { bench in
            let client = bench.open(subprotocols: ["v2", "v1"])
            #expect(await client.next() == .opened(subprotocol: "v2"))
            #expect(await bench.atServer.next() == .opened(subprotocol: "v2"))
        }
    }

    @Test(
        "A close code reaches the other side as it was sent, whoever closes",
        arguments: [1000, 1001, 1011, 1012, 1013, 1014, 3000, 4999] as [UInt16], [false, true])
    func closeCodes(code: UInt16, serverCloses: Bool) async throws {
        let answer: SocketAct = { socket, event in
            if serverCloses, case .text = event { socket.close(code: code, reason: "enough") }
        }
        try await SocketBench.run(
            server: answer
        ) { bench in
            let client = bench.open(act: { socket, event in
                guard case .opened = event else { return }
                socket.say("now")
                if !serverCloses { socket.close(code: code, reason: "enough") }
            })
            let atClient = await client.next { $0.ending }
            let atServer = await bench.atServer.next { $0.ending }
            let closer = WebSocketEnding(cause: .us, code: code, reason: "")
            let other = WebSocketEnding(cause: .peer, code: code, reason: "enough")
            #expect(atClient == (serverCloses ? other : closer))
            #expect(atServer == (serverCloses ? closer : other))
            #expect(await become { bench.server.counts.open == 0 })
        }
    }

    @Test("A connection that just ends is told as abnormal, on the side that did not end it")
    func abnormalEnd() async throws {
        try await SocketBench.run { bench in
            let client = bench.open(act: { socket, event in
                if case .opened = event { socket.kill() }
            })
            #expect(await client.next { $0.ending }?.code == 1006)
            let atServer = await bench.atServer.next { $0.ending }
            #expect(atServer?.code == 1006)
            if case .connection? = atServer?.cause {} else { Issue.record("\(String(describing: atServer))") }
        }
    }

    /// Keeps a WebSocket for the loop that it belongs to, which alone touches it.
    private final class Held: @unchecked Sendable {
        var socket: WebSocket?
    }

    @Test("A slow peer makes messages wait up to the limit, then they are refused; what waited arrives in order")
    func slowPeer() async throws {
        let limit = 300_000
        let sent = Mutex<[WebSocket.Sent]>([])
        let answer: SocketAct = { socket, event in
            guard case .text = event else { return }
            // Far more than the two kernels' buffers hold.
            for number in 0..<3_000 {
                let answer = socket.say("\(number) " + String(repeating: "-", count: 10_000))
                sent.withLock { $0.append(answer) }
                #expect(socket.waitingBytes <= limit)
            }
        }
        try await SocketBench.run(
            limits: WebSocketLimits(waitingBytes: limit),
            server: answer
        ) { bench in
            let held = Held()
            let client = bench.open(act: { socket, event in
                guard case .opened = event else { return }
                socket.say("go")
                socket.setReading(false)
                held.socket = socket
            })
            guard case .opened? = await client.next() else { return }
            #expect(await become { sent.withLock { $0.count } == 3_000 })
            bench.group.loops[1].execute { _ in held.socket?.setReading(true) }
            let outcomes = sent.withLock { $0 }
            let accepted = outcomes.indices.filter { outcomes[$0] != .full }
            #expect(outcomes.contains(.sent) && outcomes.contains(.waiting) && outcomes.contains(.full))
            #expect(accepted == Array(0..<accepted.count), "once full, it stays full while nobody reads")
            for number in accepted {
                let text = await client.next { event in
                    if case .text(let text) = event { text } else { nil }
                }
                try #require(text?.hasPrefix("\(number) ") == true)
            }
            #expect(await bench.atServer.next { $0 == .drained ? true : nil } == true)
        }
    }

    @Test("Two sides that both send more than all buffers hold never wait for each other", arguments: [false, true])
    func bothSidesSend(tls: Bool) async throws {
        let limits = WebSocketLimits(waitingBytes: 32 << 20, silence: .seconds(60))
        let flood: SocketAct = { socket, event in
            guard case .opened = event else { return }
            for number in 0..<120 { _ = socket.send(binary: [UInt8](repeating: UInt8(number), count: 100_000).span) }
        }
        try await SocketBench.run(tls: tls, limits: limits, server: flood) { bench in
            let client = bench.open(limits: limits, act: flood)
            for journal in [client, bench.atServer] {
                for number in 0..<120 {
                    let first = await journal.next { event in
                        if case .binary(let bytes) = event { bytes.first } else { nil }
                    }
                    try #require(first == UInt8(number))
                }
            }
        }
    }

    @Test(
        "A peer that says nothing at all is given up after the silence limit, and not while it answers pings",
        arguments: [true, false])
    func silence(peerAnswers: Bool) async throws {
        let silence = Duration.milliseconds(peerAnswers ? 1_500 : 100)
        let impatient = WebSocketLimits(heartbeat: .milliseconds(50), silence: silence)
        try await SocketBench.run { bench in
            let mute = peerAnswers ? nil : try MuteServer(bench.group)
            let client = bench.open(
                at: mute?.address.endpoint, limits: impatient,
                act: { socket, event in
                    guard case .opened = event, peerAnswers else { return }
                    _ = socket.stream.loop.schedule(after: silence * 2) { _ in
                        socket.close()
                        return nil
                    }
                })
            let ending = await client.next { $0.ending }
            #expect(ending?.cause == (peerAnswers ? .us : .silence))
            #expect(ending?.code == (peerAnswers ? 1000 : 1006))
        }
    }

    @Test("A peer that never answers our close frame does not hold us")
    func unansweredClose() async throws {
        try await SocketBench.run { bench in
            let mute = try MuteServer(bench.group)
            let client = bench.open(
                at: mute.address.endpoint, limits: WebSocketLimits(closing: .milliseconds(50)),
                act: { socket, event in
                    if case .opened = event { socket.close(code: 1001, reason: "bye") }
                })
            #expect(await client.next { $0.ending } == WebSocketEnding(cause: .us, code: 1001, reason: "bye"))
        }
    }

    @Test("A message over the limit ends the connection with 1009 on both sides")
    func tooBig() async throws {
        try await SocketBench.run(limits: WebSocketLimits(messageBytes: 1_000)) { bench in
            let client = bench.open(act: { socket, event in
                if case .opened = event { socket.say(String(repeating: "x", count: 1_001)) }
            })
            #expect(await client.next { $0.ending }?.code == 1009)
            let atServer = await bench.atServer.next { $0.ending }
            #expect(atServer?.code == 1009)
            #expect(atServer?.cause == .violation(.messageTooBig(limit: 1_000)))
        }
    }
}

@Suite("WebSocket opening", .timeLimit(.minutes(2)))
struct WebSocketOpeningTests {
    @Test("A refusal keeps its status, its fields and its body", arguments: [false, true])
    func refusal(tls: Bool) async throws {
        try await SocketBench.run(tls: tls) { bench in
            let client = bench.open("/refused")
            guard case .handshake(.refused(let answer), let body)? = await client.next({ $0.failure }) else {
                Issue.record("it was opened")
                return
            }
            #expect(answer.status == 429)
            #expect(answer.headers["Retry-After"] == "7")
            #expect(body == Array("slow down".utf8))
        }
    }

    @Test("A server that never answers is given up at the deadline")
    func deadline() async throws {
        try await SocketBench.run { bench in
            let mute = try MuteServer(bench.group, answersHandshake: false)
            let client = bench.open(at: mute.address.endpoint, within: .milliseconds(100))
            #expect(await client.next { $0.failure } == .deadline)
        }
    }

    @Test("A server that hangs up in the handshake is told apart from one that refuses")
    func hangUp() async throws {
        try await SocketBench.run { bench in
            let mute = try MuteServer(bench.group, answersHandshake: false, hangsUp: true)
            let client = bench.open(at: mute.address.endpoint)
            #expect(await client.next { $0.failure }?.code == "handshake.connection_lost")
        }
    }

    @Test("A port on which nobody listens fails in the dial's words")
    func nobodyThere() async throws {
        try await SocketBench.run { bench in
            let mute = try MuteServer(bench.group)
            mute.acceptor.close()
            #expect(await become { true })
            let client = bench.open(at: HostPort(host: "127.0.0.1", port: 1))
            #expect(await client.next { $0.failure }?.code == "dial.refused")
        }
    }
}

/// Speaks as much of the handshake as it is told, and then never a word.
struct MuteServer {
    let acceptor: Acceptor
    var address: SocketAddress { acceptor.address }

    init(_ group: LoopGroup, answersHandshake: Bool = true, hangsUp: Bool = false) throws {
        acceptor = try Acceptor(at: SocketAddress(HostPort("127.0.0.1:0")!)!, group: group) { _ in
            Mute(answersHandshake: answersHandshake, hangsUp: hangsUp)
        }
    }

    private final class Mute: ByteStreamHandler {
        private var reader = RequestHeadReader()
        private let answersHandshake: Bool
        private let hangsUp: Bool

        init(answersHandshake: Bool, hangsUp: Bool) {
            self.answersHandshake = answersHandshake
            self.hangsUp = hangsUp
        }

        func stream(_ stream: ByteStream, received bytes: inout MutableSpan<UInt8>) {
            if hangsUp { stream.close() }
            var position = 0
            guard answersHandshake, let head = try? reader.next(in: bytes.span, from: &position),
                case .accept(let acceptance) = WebSocketUpgrade(head)
            else { return }
            var answer: [UInt8] = []
            try? acceptance.response().write(to: &answer)
            _ = stream.write(answer.span)
        }

        func streamIsWritable(_ stream: ByteStream) {}
        func streamClosed(_ stream: ByteStream, _ reason: CloseReason) {}
    }
}
