import Digests
import Testing

@Suite("Digests")
struct DigestTests {
    @Test(
        "SHA-1 gives the published digests",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("The quick brown fox jumps over the lazy dog", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
        ])
    func sha1(text: String, hex: String) {
        #expect(Hex.text(of: SHA1.digest(of: Array(text.utf8).span)) == hex)
    }

    @Test(
        "SHA-256 gives the published digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func sha256(text: String, hex: String) {
        #expect(Hex.text(of: SHA256.digest(of: Array(text.utf8).span)) == hex)
    }

    /// From RFC 2202 and RFC 4231; the empty key from the definition itself.
    @Test(
        "HMAC gives the published codes",
        arguments: [
            (
                Array(repeating: 0x0B, count: 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                Array(repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "90d0dace1c1bdc957339307803160335bde6df2b",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [], "", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
                "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
            ),
        ] as [([UInt8], String, String, String)])
    func hmac(key: [UInt8], message: String, sha1: String, sha256: String) {
        let message = Array(message.utf8)
        #expect(Hex.text(of: HMAC.sha1(of: message.span, key: key.span)) == sha1)
        #expect(Hex.text(of: HMAC.sha256(of: message.span, key: key.span)) == sha256)
    }

    @Test("A message is told from every other that differs in one bit, or in length", arguments: 0..<20)
    func constantTime(place: Int) {
        let bytes = SHA1.digest(of: [UInt8(place)].span)
        #expect(areEqual(bytes, bytes))
        for bit in 0..<8 {
            var other = bytes
            other[place] ^= 1 << bit
            #expect(!areEqual(bytes, other))
        }
        // The bytes behind the shorter one are the same, should anything look at them.
        let isPrefixEqual = ConstantTime.areEqual(bytes.span, bytes.span.extracting(first: place))
        #expect(!isPrefixEqual)
        #expect(areEqual([], []))
    }

    private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        ConstantTime.areEqual(left.span, right.span)
    }
}
