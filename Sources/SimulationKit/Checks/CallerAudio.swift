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

    /// The label that a frame begins with.
    static func label(call: Int, number: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: marker, count: labelBytes)
        for digit in 0..<3 { bytes[1 + digit] = 0xE0 | UInt8(call >> (4 * digit) & 15) }
        for digit in 0..<5 { bytes[4 + digit] = 0xE0 | UInt8(number >> (4 * digit) & 15) }
        return bytes
    }

    /// What follows it.
    static func rest(isLoud: Bool) -> [UInt8] {
        (labelBytes..<frameBytes).map { isLoud ? loud[$0 / 4 % 2] : silence }
    }

    struct Label: Hashable {
        let call: Int
        let number: Int
    }

    /// Reads labels out of a stream of bytes, however it is cut.
    struct Reader {
        /// Of the label that has begun: its digits, the first the lowest, and how many; none outside a label.
        private var digits: UInt64 = 0
        private var count: Int?

        mutating func read(_ bytes: [UInt8], _ found: (Label) -> Void) {
            for byte in bytes {
                if byte == marker {
                    (digits, count) = (0, 0)
                } else if let place = count {
                    guard byte & 0xF0 == 0xE0 else {
                        count = nil
                        continue
                    }
                    digits |= UInt64(byte & 15) << UInt64(4 * place)
                    count = place + 1
                    guard place + 1 == labelBytes - 1 else { continue }
                    count = nil
                    found(Label(call: Int(digits & 0xFFF), number: Int(digits >> 12)))
                }
            }
        }
    }
}
