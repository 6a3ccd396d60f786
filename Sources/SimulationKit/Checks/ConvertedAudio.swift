internal import PracticeKit

/// Follows what the bridge plays of an agent whose audio is converted on its way: no byte of it is as it was, but the wave
/// is, give or take a filter's delay.
struct ConvertedAudio {
    /// Less cannot be told from anything else.
    private static let window = 160
    private static let alike = 0.4

    /// Samples that filters may delay a wave by, and what pieces of an answer may be off.
    private let slack: Int
    private let missesAllowed: Int
    private let samples: [Double]
    /// How much of the last answer was played.
    private var place = 0
    /// Bytes played since the last that were surely told: the next answer may have begun in any of them.
    private var untold = 0
    private var missed = 0

    /// - Parameter inPackets: Of 20 ms, the last of an answer filled up with silence.
    init(_ audio: AgentAudio, inPackets: Bool) {
        samples = audio.sound.samples.map(Double.init)
        slack = inPackets ? 200 : 96
        missesAllowed = inPackets ? 5 : 2
    }

    mutating func clear() { (place, untold, missed) = (0, 0, 0) }

    /// False when it is not a part of what the agent says that may come now.
    mutating func play(_ bytes: [UInt8]) -> Bool {
        defer {
            place += bytes.count
            untold += bytes.count
        }
        guard bytes.count >= Self.window else { return true }
        let heard = bytes.map { Double(MuLaw.decode($0)) }
        // The whole of it, or how it begins: where it ends the next answer may have begun.
        for wave in [heard[...], heard[..<Self.window]] {
            guard let found = goesOn(wave) else { continue }
            (place, untold, missed) = (found, -told(of: wave, at: found), 0)
            return true
        }
        // The last answer ended, and the next began.
        let last = heard.count - Self.window
        guard let found = best(heard[last...], in: -slack...untold + last + slack) else {
            return misses(heard)
        }
        (place, untold, missed) = (found - last, -last, 0)
        return true
    }

    /// How much of a piece is surely what was found: not what is behind the end of the answer, none of it where the piece
    /// ends with something else, and never its last window, which is alike with less than half of it.
    private func told(of wave: ArraySlice<Double>, at found: Int) -> Int {
        let last = wave.count - Self.window
        guard found + wave.count <= samples.count else { return min(wave.count, samples.count - found) }
        return likeness(of: wave.suffix(Self.window), at: found + last) > Self.alike ? last : 0
    }

    /// Where it goes on, the likeliest place first.
    private func goesOn(_ wave: ArraySlice<Double>) -> Int? {
        for shift in 0...slack {
            for found in [place + shift, place - shift] where likeness(of: wave, at: found) > Self.alike {
                return found
            }
        }
        return nil
    }

    /// A piece alone may be hard to tell, or be what a filter still held; several in a row are something else.
    private mutating func misses(_ heard: [Double]) -> Bool {
        missed += 1
        return missed < missesAllowed || isTail(heard)
    }

    /// What a filter still held, and silence.
    private func isTail(_ heard: [Double]) -> Bool { place + heard.count > samples.count - slack }

    /// A tone is somewhat like itself in many places; what follows is held against the one found here.
    private func best(_ wave: ArraySlice<Double>, in places: ClosedRange<Int>) -> Int? {
        let best = places.lazy.map { (place: $0, likeness: likeness(of: wave, at: $0)) }.max {
            $0.likeness < $1.likeness
        }
        return best.flatMap { $0.likeness > Self.alike ? $0.place : nil }
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

/// How long a caller was loud, where its frames have no labels any more.
struct LoudTime {
    private static let loud = 1_000.0

    private let isPCM: Bool
    /// Samples of 20 ms.
    private let block: Int
    /// In blocks of 20 ms.
    private(set) var blocks = 0
    private var energy = 0.0
    private var count = 0
    private var low: UInt8?

    init(_ wire: UpstreamPlan.Wire) {
        isPCM = wire.isPCM
        block = wire.rate / 50
    }

    mutating func listen(_ bytes: [UInt8]) {
        guard isPCM else {
            for byte in bytes { listen(Double(MuLaw.decode(byte))) }
            return
        }
        for byte in bytes {
            guard let first = low else {
                low = byte
                continue
            }
            low = nil
            listen(Double(Int16(bitPattern: UInt16(byte) << 8 | UInt16(first))))
        }
    }

    private mutating func listen(_ sample: Double) {
        energy += sample * sample
        count += 1
        guard count == block else { return }
        if (energy / Double(count)).squareRoot() > Self.loud { blocks += 1 }
        (energy, count) = (0, 0)
    }
}
