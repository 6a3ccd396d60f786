import HTTPWire
import Testing

@Suite("WebSocket limits and buffers")
struct WebSocketBufferTests {
    @Test("A message may be as long as the limit and not a byte longer", arguments: [0, 1, 125, 126, 1000], bothRoles)
    func limit(limit: Int, role: WebSocketRole) {
        let most = repeated("a", limit)
        let tooBig = Seen.violation(.messageTooBig(limit: limit))
        WebSocketCase("9 whole", limit: limit, { $0.text(most) + $0.binary(most) }, .text(most), .binary(most))
            .check(role: role)
        WebSocketCase("9 whole, too big", limit: limit, { $0.binary(most + [1]) }, tooBig).check(role: role)
        WebSocketCase(
            "9 fragments", limit: limit, { $0.text("", final: false) + $0.more(most) + $0.text(most) },
            .text(most), .text(most)
        ).check(role: role)
        WebSocketCase(
            "9 fragments, too big", limit: limit,
            { $0.text(most, final: false) + $0.ping("p") + $0.more("b", final: false) }, .ping("p"), tooBig
        ).check(role: role)
    }

    @Test("A length over the limit is refused at the header, whatever it claims", arguments: bothRoles)
    func claim(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        for claimed: UInt64 in [1001, 0xFFFF, 0x1_0000, 1 << 40, .max >> 1] {
            let frame =
                claimed > 0xFFFF
                ? peer.frame(0x2, [], length: .claimed(claimed))
                : Array(peer.binary(repeated("x", Int(claimed))).prefix(role == .server ? 8 : 4))
            #expect(events(frame, role: role, limit: 1000) == [.violation(.messageTooBig(limit: 1000))])
        }
    }

    @Test("A control frame is not counted as part of the message around it", arguments: bothRoles)
    func controlIsNotCounted(role: WebSocketRole) {
        let long = String(repeating: "p", count: 125)
        WebSocketCase(
            "limit smaller than a ping", limit: 2, { $0.text("a", final: false) + $0.ping(long) + $0.more("b") },
            .ping(long), .text("ab")
        ).check(role: role)
    }

    @Test("What lies whole in a slice is delivered there and takes no memory", arguments: bothRoles)
    func inPlace(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        var probe = WebSocketProbe(role: role)
        probe.feed(peer.text("one") + peer.binary([2]) + peer.ping("three") + peer.pong("four") + peer.text("κόσμε"))
        #expect(probe.seen == [.text("one"), .binary([2]), .ping("three"), .pong("four"), .text("κόσμε")])
        #expect(probe.inPlace == 5)
        #expect(probe.reader.heldByteCount == 0)
    }

    @Test("A frame whose header came in an earlier slice still needs no copy", arguments: bothRoles)
    func headerBefore(role: WebSocketRole) {
        let frame = WebSocketPeer(role: role).text("payload")
        var probe = WebSocketProbe(role: role)
        probe.feed(frame.dropLast(7))
        probe.feed(frame.suffix(7))
        #expect(probe.seen == [.text("payload")])
        #expect(probe.inPlace == 1)
    }

    @Test("Memory grows with what came, not with what was announced", arguments: bothRoles)
    func growth(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        let whole = peer.binary(repeated("b", 200_000))
        var probe = WebSocketProbe(role: role, limit: 16 << 20)
        probe.feed(whole.prefix(20))
        #expect(probe.reader.heldByteCount < 100)
        probe.feed(whole[20..<5_000])
        #expect(probe.reader.heldByteCount < 11_000)
        probe.feed(whole[5_000..<190_000])
        #expect(probe.reader.heldByteCount < 201_000)
        probe.feed(whole[190_000...])
        #expect(probe.seen == [.binary(repeated("b", 200_000))])
    }

    @Test("Memory stays within the limit however many fragments come", arguments: bothRoles)
    func bounded(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        var probe = WebSocketProbe(role: role, limit: 50_000)
        probe.feed(peer.binary([], final: false))
        for _ in 0..<50 { probe.feed(peer.more(repeated("x", 1_000), final: false)) }
        #expect(probe.seen == [])
        #expect(probe.reader.heldByteCount < 50_100)
        probe.feed(peer.more("x"))
        #expect(probe.seen == [.violation(.messageTooBig(limit: 50_000))])
        #expect(probe.reader.heldByteCount == 0, "a connection that failed holds nothing")
    }

    @Test("A big message's memory is given back, a small one's when the connection is idle", arguments: bothRoles)
    func givenBack(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        var probe = WebSocketProbe(role: role)
        probe.feed(peer.text("x", final: false) + peer.more(repeated("y", 100_000)))
        #expect(probe.seen.count == 1)
        #expect(probe.reader.heldByteCount == 0, "asking for the next event gave it back")

        probe.feed(peer.text("x", final: false) + peer.more("y"))
        #expect(probe.reader.heldByteCount > 0, "the next message may use it")
        probe.reader.giveBackIdleBuffer()
        #expect(probe.reader.heldByteCount == 0)

        probe.feed(peer.text("half", final: false))
        probe.reader.giveBackIdleBuffer()
        probe.feed(peer.more(" and half"))
        #expect(probe.seen.last == .text("half and half"), "a message in progress is kept")
    }

    @Test("A violation is thrown again by each further call")
    func violationStays() throws {
        var reader = WebSocketReader(role: .server, maximumMessageBytes: 10)
        var wrong: [UInt8] = [0xFF]
        var right = WebSocketPeer(role: .server).ping()
        for _ in 0..<2 {
            #expect(throws: WebSocketViolation.reservedBits) {
                var position = 0
                var span = wrong.mutableSpan
                _ = try reader.next(in: &span, from: &position)
            }
            swap(&wrong, &right)
        }
    }

    @Test("A long message cut into packets arrives whole", arguments: bothRoles)
    func packets(role: WebSocketRole) {
        let peer = WebSocketPeer(role: role)
        let payload = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) & 0x7F }
        let whole = peer.text(payload)
        #expect(
            events(whole, role: role, cuts: Array(stride(from: 1_300, to: whole.count, by: 1_300))) == [.text(payload)])
        let fragments = stride(from: 0, to: payload.count, by: 1_300).flatMap { start -> [UInt8] in
            let piece = Array(payload[start..<min(start + 1_300, payload.count)])
            let isLast = start + 1_300 >= payload.count
            return start == 0 ? peer.text(piece, final: isLast) : peer.more(piece, final: isLast)
        }
        #expect(events(fragments, role: role) == [.text(payload)], "10.1.1")
    }
}
