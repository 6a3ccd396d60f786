import HTTPWire
import TestSupport
import Testing

@Suite("UTF-8 validator")
struct UTF8ValidatorTests {
    /// The bytes at which a rule begins or ends.
    private static let edgeBytes: [UInt8] = [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
        0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    @Test("Agrees with the standard library on every sequence of up to two bytes")
    func pairs() {
        for first in UInt8.min...UInt8.max {
            check([first])
            for second in UInt8.min...UInt8.max { check([first, second]) }
        }
    }

    @Test("Agrees with the standard library where the rules change", arguments: edgeBytes)
    func edges(first: UInt8) {
        for second in Self.edgeBytes {
            for third in Self.edgeBytes {
                check([first, second, third])
                if first >= 0xE0 { for fourth in Self.edgeBytes { check([first, second, third, fourth]) } }
            }
        }
    }

    @Test("Agrees with the standard library wherever a character stands among ASCII", arguments: 0...17)
    func alignment(before: Int) {
        for character: [UInt8] in [[0xC3, 0xA9], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0x80], [0xC3]] {
            for after in 0...17 { check(repeated("a", before) + character + repeated("b", after)) }
        }
    }

    @Test("Gives the same answer however the text is cut", arguments: Seeded.seeds)
    func cuts(seed: UInt64) {
        var random = Seeded(seed: seed)
        for _ in 0..<50 {
            let text = (0..<12).map { _ in Self.edgeBytes.randomElement(using: &random) ?? 0 }
            var validator = UTF8Validator()
            var isRight = true
            var start = 0
            for end in random.cuts(4, in: text.count) + [text.count] where isRight {
                isRight = validator.accept(text[start..<end].span)
                start = end
            }
            #expect((isRight && validator.isComplete) == isUTF8(text), "replay with PATCHBAY_SEED=\(seed)")
        }
    }

    @Test("Refuses at the first byte that no continuation can make right", arguments: edgeBytes)
    func firstWrongByte(first: UInt8) {
        for second in Self.edgeBytes {
            var validator = UTF8Validator()
            let accepted = validator.accept([first, second].span)
            #expect(accepted == canGoOn([first, second]))
        }
    }

    /// By trying: some continuation of up to two bytes makes it UTF-8.
    private func canGoOn(_ start: [UInt8]) -> Bool {
        let tails: [[UInt8]] = [
            [], [0x80], [0xBF], [0x80, 0x80], [0xA0, 0x80], [0x90, 0x80, 0x80], [0x80, 0x80, 0x80],
        ]
        return tails.contains { isUTF8(start + $0) }
    }

    private func check(_ text: [UInt8]) {
        var validator = UTF8Validator()
        let isRight = validator.accept(text.span) && validator.isComplete
        if isRight != isUTF8(text) { Issue.record("\(text)") }
    }

    private func isUTF8(_ text: [UInt8]) -> Bool {
        String(validating: text, as: UTF8.self) != nil
    }
}
