import Testing

@testable import PracticeKit

@Suite("Practice A-law")
struct ALawTests {
    @Test("Every code word survives being decoded and encoded", arguments: UInt8.min...UInt8.max)
    func everyCode(code: UInt8) {
        #expect(ALaw.encode(ALaw.decode(code)) == code)
    }

    @Test(
        "The table of the recommendation is met at its corners",
        arguments: [
            (UInt8(0xD5), Int16(8)), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0x80, 5_504), (0x00, -5_504),
        ])
    func corners(code: UInt8, sample: Int16) {
        #expect(ALaw.decode(code) == sample)
    }

    @Test("The loudest samples are encoded as the loudest words", arguments: [(Int16.max, UInt8(0xAA)), (.min, 0x2A)])
    func loudest(sample: Int16, code: UInt8) {
        #expect(ALaw.encode(sample) == code)
    }
}
