internal import MediaCore

/// What a caller hears while somebody is being looked for: two soft notes, then a pause, again and again.
struct WaitingTone {
    private static let period = 16_000  // 2 s at 8 kHz
    private static let note = 1_600  // 0.2 s
    private static let cycle = 20  // 400 Hz

    /// One period of a sine at about -28 dB, in whole numbers so that it needs no library.
    private static let wave: [Int16] = [
        0, 402, 765, 1_053, 1_238, 1_302, 1_238, 1_053, 765, 402, 0, -402, -765, -1_053, -1_238, -1_302, -1_238, -1_053,
        -765, -402,
    ]

    private var place = 0

    /// The next samples, as many as the span holds.
    mutating func fill(_ samples: inout MutableSpan<Int16>) {
        for index in samples.indices {
            samples[index] = Self.sample(at: place)
            place = (place + 1) % Self.period
        }
    }

    private static func sample(at place: Int) -> Int16 {
        let inNote = place % (2 * note)
        guard place < 4 * note, inNote < note else { return 0 }
        // Rises and falls over 20 ms, so that it does not click.
        let edge = min(inNote, note - inNote, 160)
        return Int16(Int(wave[place % cycle]) * edge / 160)
    }
}
