internal import PracticeKit

/// Follows what the bridge plays of an agent that speaks PCM: no byte of it is as it was, but the wave is, give
/// or take a filter's delay.
struct ConvertedAudio {
    /// Less cannot be told from anything else.
    private static let window = 160
    /// Samples that filters may delay a wave by, and what pieces of an answer may be off.
    private static let slack = 96
    private static let alike = 0.5

    private let samples: [Double]
    /// How much of the last answer was played.
    private var place = 0

    init(_ audio: AgentAudio) { samples = audio.sound.samples.map(Double.init) }

    mutating func clear() { place = 0 }

    /// False when it is not a part of what the agent says that may come now.
    mutating func play(_ bytes: [UInt8]) -> Bool {
        defer { place += bytes.count }
        guard bytes.count >= Self.window else { return true }
        let heard = bytes.map { Double(MuLaw.decode($0)) }
        if find(heard[..<Self.window], in: place - Self.slack...place + Self.slack) != nil { return true }
        // The last answer ended, and the next began.
        let last = heard.count - Self.window
        guard let found = find(heard[last...], in: -Self.slack...last + Self.slack) else { return isTail(heard) }
        place = found - last
        return true
    }

    /// What a filter still held, and silence.
    private func isTail(_ heard: [Double]) -> Bool { place + heard.count > samples.count - Self.slack }

    private func find(_ wave: ArraySlice<Double>, in places: ClosedRange<Int>) -> Int? {
        places.first { likeness(of: wave, at: $0) > Self.alike }
    }

    private func likeness(of wave: ArraySlice<Double>, at place: Int) -> Double {
        let (first, last) = (max(0, -place), min(wave.count, samples.count - place))
        guard last - first >= wave.count / 2 else { return 0 }
        var (both, ours, theirs) = (0.0, 0.0, 0.0)
        for index in first..<last {
            let (one, other) = (wave[wave.startIndex + index], samples[place + index])
            both += one * other
            ours += one * one
            theirs += other * other
        }
        return ours > 0 && theirs > 0 ? both / (ours * theirs).squareRoot() : 0
    }
}

/// How long a caller was loud, in PCM.
struct LoudTime {
    private static let loud = 1_000.0

    /// Samples of 20 ms.
    private let block: Int
    /// In blocks of 20 ms.
    private(set) var blocks = 0
    private var energy = 0.0
    private var count = 0
    private var low: UInt8?

    init(rate: Int) { block = rate / 50 }

    mutating func listen(_ bytes: [UInt8]) {
        for byte in bytes {
            guard let first = low else {
                low = byte
                continue
            }
            low = nil
            let sample = Double(Int16(bitPattern: UInt16(byte) << 8 | UInt16(first)))
            energy += sample * sample
            count += 1
            guard count == block else { continue }
            if (energy / Double(count)).squareRoot() > Self.loud { blocks += 1 }
            (energy, count) = (0, 0)
        }
    }
}
