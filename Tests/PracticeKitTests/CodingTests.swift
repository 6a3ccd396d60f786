import PracticeKit
import Testing

@Suite("Practice codings")
struct CodingTests {
    @Test(
        "Mu-law gives the code words that G.711 lists",
        arguments: [
            (0, 0xFF), (-1, 0x7F), (8, 0xFE), (1_000, 0xCE), (-1_000, 0x4E), (32_124, 0x80), (32_767, 0x80),
            (-32_124, 0x00), (-32_768, 0x00),
        ] as [(Int, Int)])
    func muLaw(sample: Int, code: Int) {
        #expect(MuLaw.encode(Int16(sample)) == UInt8(code))
    }

    @Test("Each code word survives its own decoding, and no sample is off by more than half a step")
    func muLawRounds() {
        for code in UInt8.min...UInt8.max where code != 0x7F {
            #expect(MuLaw.encode(MuLaw.decode(code)) == code)
        }
        #expect(MuLaw.decode(0x7F) == 0, "the other zero")
        for sample in stride(from: -32_635, through: 32_635, by: 7) {
            let error = abs(Int(MuLaw.decode(MuLaw.encode(Int16(sample)))) - sample)
            #expect(error <= max(4, (abs(sample) + 132) / 32))
        }
    }

    @Test(
        "Base64 is that of the standard",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, coded: String) {
        #expect(Base64.encode(Array(text.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(text.utf8))
    }

    @Test("All bytes come back, and twenty milliseconds take 216 characters")
    func base64Bytes() {
        let all = (0...255).map { UInt8($0) }
        #expect(Base64.decode(Base64.encode(all)) == all)
        let frame = Base64.encode([UInt8](repeating: 0xFF, count: 160))
        #expect(frame.utf8.count == 216 && frame.hasSuffix("w=="))
    }

    @Test(
        "What no encoder writes is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm 9v", "Zm-_", "Zg==Zg==", "Zm9vY", "é===",
        ])
    func base64Refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
