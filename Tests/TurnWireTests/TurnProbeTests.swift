import Addresses
import Testing
import Timeline
import Wording

@testable import TurnWire

@Suite("A probe of a TURN server")
struct TurnProbeTests {
    private static let login = TurnLogin(username: "probe", password: Secret("s3cret"))

    private static func probe(_ url: String = "turn:127.0.0.1:13478") -> TurnProbe {
        let spare = (0..<4).map { STUNTransaction(Array(repeating: 0xA0 + UInt8($0), count: 12)) }
        return TurnProbe(
            TurnURL(url)!, login: login, transactions: Recorded.transactions + spare,
            by: .at(Instant.zero.advanced(by: .seconds(3))))
    }

    private func at(_ milliseconds: Int) -> Instant { Instant.zero.advanced(by: .milliseconds(milliseconds)) }

    private func reading(_ actions: [TurnProbe.Action]) -> TurnReading? {
        guard case .finish(let reading) = actions.last else { return nil }
        return reading
    }

    /// The server's word for the last request that was sent.
    private func answer(
        _ actions: [TurnProbe.Action], _ kind: STUNClass, error: Int? = nil, nonce: String? = nil, signed: Bool = false
    ) throws -> [UInt8] {
        guard case .send(let bytes) = try #require(actions.last) else { throw Unexpected() }
        let request = try #require(STUNMessage(bytes))
        var answer = STUNAnswer(to: request, kind)
        if let error { answer.add(.errorCode, [0, 0, UInt8(error / 100), UInt8(error % 100)]) }
        if let nonce { answer.add(.nonce, Array(nonce.utf8)) }
        if nonce != nil { answer.add(.realm, Array("patchbay.test".utf8)) }
        if kind == .success { answer.add(.xorRelayedAddress, [0, 1, 0xBD, 0x50, 0x5E, 0x12, 0xA4, 0x43]) }
        if signed { answer.sign(key: Self.login.key(realm: Array("patchbay.test".utf8))) }
        return answer.bytes
    }

    private struct Unexpected: Error {}

    @Test("The recorded exchange is made again byte for byte, and says what there is to know")
    func recorded() throws {
        var probe = Self.probe()
        #expect(probe.connected(at: at(0)) == [.send(Recorded.bindingRequest)])
        #expect(probe.received(Recorded.bound, at: at(3)) == [.send(Recorded.allocateRequest)])
        #expect(probe.received(Recorded.challenge, at: at(5)) == [.send(Recorded.signedAllocateRequest)])
        #expect(probe.received(Recorded.allocated, at: at(12)) == [.send(Recorded.releaseRequest)])
        let reading = try #require(self.reading(probe.received(Recorded.released, at: at(13))))
        #expect(reading.failure == nil && reading.warnings.isEmpty)
        #expect(reading.roundTrip == .milliseconds(3) && reading.allocation == .milliseconds(7))
        #expect(reading.mapped?.description == "127.0.0.1:50000")
        #expect(reading.relayed?.description == "127.0.0.1:40002")
        #expect(probe.deadline == .never && probe.received(Recorded.released, at: at(14)) == [])
    }

    @Test("A STUN server is asked for the address alone")
    func stun() throws {
        var probe = Self.probe("stun:127.0.0.1:13478")
        _ = probe.connected(at: at(0))
        #expect(try #require(reading(probe.received(Recorded.bound, at: at(3)))).failure == nil)
    }

    @Test("A datagram is sent again after 250, 750 and 1,750 ms, and given up after three seconds")
    func resends() throws {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        for time in [250, 750, 1_750] {
            #expect(probe.deadline == .at(at(time)))
            #expect(probe.deadlineReached(at: at(time - 1)) == [])
            #expect(probe.deadlineReached(at: at(time)) == [.send(Recorded.bindingRequest)])
        }
        #expect(probe.deadline == .at(at(3_000)))
        #expect(reading(probe.deadlineReached(at: at(3_000)))?.failure?.code == "turn.unreachable")
    }

    @Test("A late answer counts, and the loss is told")
    func lossy() throws {
        var probe = Self.probe("stun:127.0.0.1:13478")
        _ = probe.connected(at: at(0))
        _ = probe.deadlineReached(at: at(250))
        #expect(reading(probe.received(Recorded.bound, at: at(300)))?.warnings == [.lossy(2)])
    }

    @Test("On a stream nothing is sent again")
    func stream() throws {
        var probe = Self.probe("turn:127.0.0.1:13478?transport=tcp")
        _ = probe.connected(at: at(0))
        #expect(probe.deadline == .at(at(3_000)))
        // Messages come in pieces, and several at once.
        var sent: [TurnProbe.Action] = []
        for byte in Recorded.bound { sent += probe.received([byte], at: at(1)) }
        #expect(sent == [.send(Recorded.allocateRequest)])
        let actions = probe.received(Recorded.bound + Recorded.challenge + Recorded.allocated.prefix(30), at: at(2))
        #expect(actions == [.send(Recorded.signedAllocateRequest)])
        #expect(probe.received(Array(Recorded.allocated.dropFirst(30)), at: at(3)) == [.send(Recorded.releaseRequest)])
    }

    @Test(
        "Something else on a stream ends the probe",
        arguments: ["HTTP/1.1 400 Bad Request\r\n", "\u{0}\u{1}\u{2}\u{3}"])
    func notStun(text: String) {
        var probe = Self.probe("turn:127.0.0.1:13478?transport=tcp")
        _ = probe.connected(at: at(0))
        #expect(reading(probe.received(Array(text.utf8), at: at(1)))?.failure?.code == "turn.protocol")
    }

    @Test("An endless message on a stream is cut off")
    func endless() {
        var probe = Self.probe("turn:127.0.0.1:13478?transport=tcp")
        _ = probe.connected(at: at(0))
        _ = probe.received(bytes("0101fffc2112a442"), at: at(1))
        #expect(reading(probe.received(Array(repeating: 0, count: 8_192), at: at(2)))?.failure?.code == "turn.protocol")
    }

    @Test("A server that answers STUN and lets requests for a relay lie is no TURN server")
    func stunOnly() {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        _ = probe.received(Recorded.bound, at: at(1))
        #expect(reading(probe.deadlineReached(at: at(3_000)))?.failure == .notTurn)
    }

    @Test("A relay without credentials is given back, and told as the danger that it is")
    func open() throws {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        let asked = probe.received(Recorded.bound, at: at(1))
        let release = probe.received(try answer(asked, .success), at: at(2))
        let done = probe.received(try answer(release, .success), at: at(3))
        #expect(reading(done)?.failure == .openRelay)
    }

    @Test(
        "What an error means to the one who runs the server",
        arguments: [
            (300, "turn.redirect"), (400, "turn.bad_request"), (401, "turn.bad_credentials"), (403, "turn.forbidden"),
            (420, "turn.protocol"), (437, "turn.allocation_mismatch"), (440, "turn.family_unsupported"),
            (441, "turn.wrong_credentials"), (442, "turn.transport_unsupported"), (443, "turn.family_unsupported"),
            (486, "turn.quota"), (500, "turn.server_error"), (508, "turn.no_capacity"), (699, "turn.server_error"),
        ])
    func refused(error: Int, code: String) throws {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        _ = probe.received(Recorded.bound, at: at(1))
        let asked = probe.received(Recorded.challenge, at: at(2))
        let failure = try #require(
            reading(probe.received(try answer(asked, .failure, error: error), at: at(3)))?.failure)
        #expect(failure.code == code)
        #expect(failure.message.hasSuffix("."))
    }

    @Test("A nonce may turn stale once for each request, and no more")
    func stale() throws {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        _ = probe.received(Recorded.bound, at: at(1))
        var asked = probe.received(Recorded.challenge, at: at(2))
        asked = probe.received(try answer(asked, .failure, error: 438, nonce: "fresh"), at: at(3))
        let release = probe.received(try answer(asked, .success, signed: true), at: at(4))
        let again = probe.received(try answer(release, .failure, error: 438, nonce: "newer"), at: at(5))
        #expect(again != release)
        let done = try #require(reading(probe.received(try answer(again, .success), at: at(6))))
        #expect(done.failure == nil && done.warnings.isEmpty)

        probe = Self.probe()
        _ = probe.connected(at: at(0))
        _ = probe.received(Recorded.bound, at: at(1))
        asked = probe.received(Recorded.challenge, at: at(2))
        asked = probe.received(try answer(asked, .failure, error: 438, nonce: "fresh"), at: at(3))
        asked = probe.received(try answer(asked, .failure, error: 438, nonce: "newer"), at: at(4))
        #expect(reading(asked)?.failure?.code == "turn.protocol")
    }

    @Test("An answer that is not signed with the password is not believed; the relay is given back")
    func forged() throws {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        _ = probe.received(Recorded.bound, at: at(1))
        let asked = probe.received(Recorded.challenge, at: at(2))
        let release = probe.received(try answer(asked, .success), at: at(3))
        #expect(reading(probe.received(try answer(release, .success), at: at(4)))?.failure?.code == "turn.protocol")
    }

    @Test("When the answer to the last request is lost, a relay there may be is given back all the same")
    func lost() {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        _ = probe.received(Recorded.bound, at: at(1))
        _ = probe.received(Recorded.challenge, at: at(2))
        let actions = probe.deadlineReached(at: at(3_000))
        #expect(actions.count == 2 && actions.first == .send(Recorded.releaseRequest))
        #expect(reading(actions)?.failure?.code == "turn.unreachable")
    }

    @Test("A relay that nobody confirms to be given back is told, but the server works")
    func unreleased() {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        for message in [Recorded.bound, Recorded.challenge] { _ = probe.received(message, at: at(1)) }
        _ = probe.received(Recorded.allocated, at: at(900))
        let reading = self.reading(probe.deadlineReached(at: at(3_000)))
        #expect(reading?.failure == nil && reading?.warnings == [.slow(.milliseconds(899)), .unreleased])
    }

    @Test("A connection that fails ends the probe with its reason, once")
    func failed() {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        #expect(
            reading(probe.failed(.unreachable(PeerText("refused")), at: at(1)))?.failure?.code == "turn.unreachable")
        #expect(probe.failed(.unreachable(PeerText("refused")), at: at(2)) == [])
    }

    @Test("What was not asked for changes nothing")
    func foreign() {
        var probe = Self.probe()
        _ = probe.connected(at: at(0))
        for bytes in [Recorded.challenge, Recorded.bindingRequest, Published.answerV4, [], [0], Array("ping".utf8)] {
            #expect(probe.received(bytes, at: at(1)) == [])
        }
    }
}
