import MediaCodecs
import MediaCore
import Testing

private struct RatePair: CustomTestStringConvertible, Sendable {
    let source: SampleRate
    let target: SampleRate
    var testDescription: String { "\(source.rawValue) to \(target.rawValue)" }

    static let all = SampleRate.allCases.flatMap { source in
        SampleRate.allCases.map { RatePair(source: source, target: $0) }
    }
    static let down = all.filter { $0.target.rawValue < $0.source.rawValue }
}

@Suite("Resampler")
struct ResamplerTests {
    @Test("A tone keeps pitch and level, and brings no image or alias with it", arguments: RatePair.all)
    private func tones(rates: RatePair) throws {
        for frequency in [300.0, 700, 1_000, 1_630, 2_500, 3_000, 3_400] {
            let part = try settledPart(of: frequency, rates)
            let (tone, rest) = Signal.analysis(of: part, frequency: frequency)
            #expect(abs(Signal.decibels(tone, over: 16_000)) < 0.2, "level of \(frequency) Hz")
            #expect(Signal.decibels(rest, over: 16_000) < -50, "beside \(frequency) Hz")
        }
    }

    @Test("What the target's rate cannot carry is not heard in the voice band", arguments: RatePair.down)
    private func aliases(rates: RatePair) throws {
        let lowest = rates.target.rawValue - 3_400
        for frequency in stride(from: lowest, to: rates.source.rawValue / 2, by: 830) {
            let part = try settledPart(of: Double(frequency), rates)
            let (tone, rest) = Signal.analysis(of: part, frequency: Double(frequency))
            #expect(Signal.decibels(tone + rest, over: 16_000) < -50, "\(frequency) Hz")
        }
    }

    /// 200 ms, once the filter has settled: whole turns of every frequency that is a multiple of 5 Hz.
    private func settledPart(of frequency: Double, _ rates: RatePair) throws -> ArraySlice<Int16> {
        var resampler = try Resampler(from: rates.source, to: rates.target)
        let output = Signal.resampled(Signal.tone(frequency, rate: rates.source, seconds: 0.35), with: &resampler)
        return output[rates.target.rawValue / 10..<3 * rates.target.rawValue / 10]
    }

    @Test("An impulse comes out less than 5 ms later, and as late as it says", arguments: RatePair.all)
    private func delay(rates: RatePair) throws {
        var resampler = try Resampler(from: rates.source, to: rates.target)
        var impulse = [Int16](repeating: 0, count: rates.source.rawValue / 10)
        let place = impulse.count / 2
        impulse[place] = 30_000
        let output = Signal.resampled(impulse, with: &resampler)
        let energy = output.map { Double($0) * Double($0) }
        let centre = zip(energy.indices, energy).reduce(0) { $0 + Double($1.0) * $1.1 } / energy.reduce(0, +)
        let delay = centre / Double(rates.target.rawValue) - Double(place) / Double(rates.source.rawValue)
        #expect(delay < 0.005)
        let claimed = Double(resampler.delay.rawValue) / Double(rates.source.rawValue)
        #expect(abs(delay - claimed) < 0.000_15)
    }

    @Test("Chunks change no bit of the output", arguments: RatePair.all)
    private func chunks(rates: RatePair) throws {
        let sweep = (0..<10_000).map { Int16(truncatingIfNeeded: $0 &* $0 &* 13 &+ ($0 &* 7919) >> 3) }
        var whole = try Resampler(from: rates.source, to: rates.target)
        let expected = Signal.resampled(sweep, with: &whole)
        for sizes in [[1, 2, 3], [rates.source.samplesPerFrame.rawValue], [1, 777, 13, 4_096], [160]] {
            var resampler = try Resampler(from: rates.source, to: rates.target)
            #expect(Signal.resampled(sweep, with: &resampler, chunks: sizes) == expected, "\(sizes)")
        }
    }

    @Test("Two seconds stay two seconds", arguments: RatePair.all)
    private func length(rates: RatePair) throws {
        var resampler = try Resampler(from: rates.source, to: rates.target)
        let silence = [Int16](repeating: 0, count: 2 * rates.source.rawValue)
        let output = Signal.resampled(silence, with: &resampler, chunks: [rates.source.samplesPerFrame.rawValue])
        #expect(abs(output.count - 2 * rates.target.rawValue) <= 1)
    }

    @Test("Finishing lets the last sound out, and the next begins as in a new one", arguments: RatePair.all)
    private func finishing(rates: RatePair) throws {
        var resampler = try Resampler(from: rates.source, to: rates.target)
        let word = Signal.tone(440, rate: rates.source, seconds: 0.02)
        let first = Signal.resampled(word, with: &resampler)
        var tail = [Int16](repeating: 0, count: resampler.maximumCount(for: resampler.delay.rawValue))
        var span = tail.mutableSpan
        let count = resampler.finish(into: &span)
        if resampler.delay > .zero {
            #expect(tail.prefix(count).contains { abs($0) > 1_000 }, "the end of the word was still inside")
        }
        #expect(Signal.resampled(word, with: &resampler) == first)
    }

    @Test("What is louder than full scale is clipped, not wrapped")
    func clipping() throws {
        var resampler = try Resampler(from: .hz8000, to: .hz24000)
        let square = (0..<800).map { Int16($0 / 20 % 2 == 0 ? 32_767 : -32_768) }
        let output = Signal.resampled(square, with: &resampler)
        let jumps = zip(output, output.dropFirst()).map { abs(Int($0) - Int($1)) }
        #expect(jumps.max() ?? 0 < 50_000)
        #expect(output.contains(32_767))
    }
}
