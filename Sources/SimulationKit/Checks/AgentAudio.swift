internal import PracticeKit

/// What a simulated agent says in each answer of one call: bytes that follow no pattern, so that each place of them, and
/// each call's, is known from a few of them.
struct AgentAudio {
    let bytes: [UInt8]

    /// - Parameter isSmooth: Below 1 kHz, as a codec of voices keeps it.
    init(count: Int, isSmooth: Bool, using dice: inout SeededRandom) {
        guard !isSmooth else {
            bytes = Self.smooth(count, using: &dice)
            return
        }
        bytes = (0..<count).map { _ in
            var byte = UInt8(truncatingIfNeeded: dice.next())
            // Codes that a round trip over samples leaves as they are, and no caller's label.
            if byte & 0x7F == 0x7F { byte ^= 0x11 }
            return byte
        }
    }

    /// The mean of neighbours, twice.
    private static func smooth(_ count: Int, using dice: inout SeededRandom) -> [UInt8] {
        let width = 6
        var wave = (0..<count + 2 * width).map { _ in Double(dice.below(40_001) - 20_000) }
        for _ in 0..<2 { wave = (0..<wave.count - width).map { wave[$0..<$0 + width].reduce(0, +) / Double(width) } }
        return wave.map { MuLaw.encode(Int16($0)) }
    }

    var sound: Sound { Sound(samples: bytes.map { MuLaw.decode($0) }) }

    /// Follows what the bridge plays: answers from their beginnings, each as far as it got, none taken up again after a
    /// `clear`.
    struct Follower {
        private let bytes: [UInt8]
        private var places: [Int] = [0]
        private var next: [Int] = []
        private(set) var played = 0

        init(_ audio: AgentAudio) { bytes = audio.bytes }

        /// False when it is not a part of what the agent says that may come now.
        mutating func play(_ heard: [UInt8]) -> Bool {
            played += heard.count
            if let place = places.first, places.count == 1, goesOn(heard, from: place) {
                places = [place + heard.count]
                // Its last bytes may as well be the first of the next answer.
                for start in max(0, heard.count - Self.chance)..<heard.count where begins(heard[start...]) {
                    places.append(heard.count - start)
                }
                return true
            }
            for byte in heard {
                next.removeAll(keepingCapacity: true)
                for place in places where place < bytes.count && bytes[place] == byte { next.append(place + 1) }
                if !places.contains(0), bytes[0] == byte { next.append(1) }
                guard !next.isEmpty else { return false }
                swap(&places, &next)
            }
            return true
        }

        /// Bytes that follow no pattern are not alike for longer.
        private static let chance = 8

        private func goesOn(_ heard: [UInt8], from place: Int) -> Bool {
            guard place + heard.count <= bytes.count else { return false }
            return heard.elementsEqual(bytes[place..<place + heard.count])
        }

        private func begins(_ end: ArraySlice<UInt8>) -> Bool {
            bytes.starts(with: end)
        }

        /// How much of the last answer was sent by now.
        var place: Int { places.max() ?? 0 }

        mutating func clear() { places = [0] }
    }
}
