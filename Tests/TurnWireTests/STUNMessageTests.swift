import Testing
import Wording

@testable import TurnWire

@Suite("STUN messages")
struct STUNMessageTests {
    @Test("The vectors of RFC 5769 are read, and their signatures hold")
    func published() throws {
        for vector in [Published.request, Published.answerV4, Published.answerV6] {
            #expect(try #require(STUNMessage(vector)).isSigned(key: Published.password))
        }
        #expect(STUNMessage(Published.answerV4)?.address(.xorMappedAddress)?.description == "192.0.2.1:32853")
        #expect(
            STUNMessage(Published.answerV6)?.address(.xorMappedAddress)?.description
                == "[2001:db8:1234:5678:11:2233:4455:6677]:32853")
        let login = TurnLogin(username: "マトリックス", password: Secret("TheMatrIX"))
        let key = login.key(realm: Array("example.org".utf8))
        #expect(key == bytes("e8ca7ad59d5eb0518e312911d2dab2a9"))
        #expect(try #require(STUNMessage(Published.longTerm)).isSigned(key: key))
    }

    @Test("A byte that was changed is seen", arguments: [Published.request, Published.answerV4, Recorded.allocated])
    func changed(vector: [UInt8]) {
        for place in vector.indices {
            var bytes = vector
            bytes[place] ^= 1
            let key = vector == Recorded.allocated ? probeKey : Published.password
            // But for the fingerprint's own attribute head, which makes it another attribute, that may be left out.
            let isRead = STUNMessage(bytes)?.isSigned(key: key) == true
            #expect(!isRead || (vector.count - 8..<vector.count - 4).contains(place), "byte \(place)")
        }
    }

    private var probeKey: [UInt8] {
        TurnLogin(username: "probe", password: Secret("s3cret")).key(realm: Array("patchbay.test".utf8))
    }

    @Test("What is cut short, longer than it says or of another kind is no message")
    func malformed() {
        for count in Recorded.allocated.indices { #expect(STUNMessage(Array(Recorded.allocated.prefix(count))) == nil) }
        #expect(STUNMessage(Recorded.allocated + [0, 0, 0, 0]) == nil)
        #expect(STUNMessage(bytes("4000000568656c6c6f")) == nil, "data of a channel")
        #expect(STUNMessage(bytes("000100042112a44211111111111111111111111100060010")) == nil, "an attribute too long")
        #expect(STUNMessage(bytes("00010000deadbeef111111111111111111111111")) == nil, "without the cookie")
    }

    @Test("Whatever the bytes are, reading them ends, and does not trap")
    func hostile() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = [Recorded.challenge, Recorded.allocated, Published.answerV6].randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: .min ... .max, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...8, using: &generator))
            guard let message = STUNMessage(bytes) else { continue }
            _ = (message.error, message.address(.xorMappedAddress), message.number(.lifetime), message.value(.nonce))
        }
    }

    @Test("An error tells its number, and its words without the zeros that some pad them with")
    func errors() {
        #expect(STUNMessage(Recorded.challenge)?.error == STUNError(code: 401, words: PeerText("Unauthorized")))
        let padded = bytes("01130014" + "2112a442" + "222222222222222222222222" + "00090010" + "00000426")
        let words = Array("Stale nonce\0".utf8)
        #expect(STUNMessage(padded + words)?.error == STUNError(code: 438, words: PeerText("Stale nonce")))
    }
}
