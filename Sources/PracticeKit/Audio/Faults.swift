internal import Glibc

// What should not be heard: clicks, gaps, pieces lost or doubled.

extension Sound {
    /// Where a tone that should go on evenly does not: a sample that two samples before it do not foretell. Empty for a
    /// clean tone, also after the telephone's code. A piece lost or doubled shows here, unless it held whole periods.
    ///
    /// - Returns: The index of the first sample of each fault; faults closer than 5 ms are one.
    public func clicks(inTone pitch: Double, tolerance: Double = 0.12) -> [Int] {
        guard samples.count > 2 else { return [] }
        let peak = Double(samples.map { $0.magnitude }.max() ?? 0)
        guard peak > 0 else { return [] }
        let turn = 2 * cos(2 * .pi * pitch / Double(rate))
        let apart = rate / 200
        var found: [Int] = []
        var lastFault = -apart
        for index in 2..<samples.count {
            let foretold = turn * Double(samples[index - 1]) - Double(samples[index - 2])
            guard abs(Double(samples[index]) - foretold) > tolerance * peak else { continue }
            if index - lastFault >= apart { found.append(index) }
            lastFault = index
        }
        return found
    }

    /// Where there is sound: louder than `threshold`, with pauses up to `pause` counted in, in ranges of samples that
    /// begin and end on a step of `step`.
    public func voiced(
        above threshold: Double = -50, pause: Duration = .milliseconds(200), step: Duration = .milliseconds(20)
    ) -> [Range<Int>] {
        let length = max(1, Self.count(of: step, rate: rate))
        let bridged = Self.count(of: pause, rate: rate)
        var stretches: [Range<Int>] = []
        for start in stride(from: 0, to: samples.count, by: length) {
            let end = min(start + length, samples.count)
            guard Self.level(of: samples[start..<end]) > threshold else { continue }
            if let last = stretches.last, start - last.upperBound <= bridged {
                stretches[stretches.count - 1] = last.lowerBound..<end
            } else {
                stretches.append(start..<end)
            }
        }
        return stretches
    }

    /// Stretches of dead silence, at least `shortest` long, between sound and sound: what was never sent, or came late.
    public func gaps(atLeast shortest: Duration = .milliseconds(5), quieterThan limit: Int16 = 8) -> [Range<Int>] {
        let least = max(1, Self.count(of: shortest, rate: rate))
        var gaps: [Range<Int>] = []
        var lastSound: Int?
        for index in samples.indices where samples[index].magnitude > limit.magnitude {
            if let lastSound, index - lastSound - 1 >= least { gaps.append(lastSound + 1..<index) }
            lastSound = index
        }
        return gaps
    }
}
