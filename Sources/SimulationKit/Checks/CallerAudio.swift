/// What a simulated caller says: each frame carries the call's number and its own, so that a frame that is lost, doubled,
/// out of order or in another call shows at once.
///
/// Bytes of speech and of silence are of two kinds that no label uses; a label is quiet enough to pass for silence.
enum CallerAudio {
    static let frameBytes = 160
    private static let marker: UInt8 = 0x70
    private static let labelBytes = 9
    private static let silence: UInt8 = 0xFF
    private static let loud: [UInt8] = [0x20, 0xA0]

    static func frame(call: Int, number: Int, isLoud: Bool) -> [UInt8] {
        var bytes = [UInt8](repeating: silence, count: frameBytes)
        if isLoud { for place in bytes.indices { bytes[place] = loud[place / 4 % 2] } }
        bytes[0] = marker
        for digit in 0..<3 { bytes[1 + digit] = 0xE0 | UInt8(call >> (4 * digit) & 15) }
        for digit in 0..<5 { bytes[4 + digit] = 0xE0 | UInt8(number >> (4 * digit) & 15) }
        return bytes
    }

    struct Label: Hashable {
        let call: Int
        let number: Int
    }

    /// Reads labels out of a stream of bytes, however it is cut.
    struct Reader {
        private var digits: [Int]?

        mutating func read(_ bytes: [UInt8]) -> [Label] {
            var labels: [Label] = []
            for byte in bytes {
                if byte == marker {
                    digits = []
                } else if byte & 0xF0 == 0xE0, digits != nil {
                    digits?.append(Int(byte & 15))
                    guard let all = digits, all.count == labelBytes - 1 else { continue }
                    digits = nil
                    labels.append(Label(call: value(all[0..<3]), number: value(all[3...])))
                } else {
                    digits = nil
                }
            }
            return labels
        }

        private func value(_ digits: ArraySlice<Int>) -> Int {
            digits.reversed().reduce(0) { $0 << 4 | $1 }
        }
    }
}
