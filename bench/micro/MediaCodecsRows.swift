import MediaCodecs
import MediaCore

let mediaCodecsRows: [Benchmark] = [
    resampling(from: .hz8000, to: .hz24000, limit: 3_000),
    resampling(from: .hz24000, to: .hz8000, limit: 3_000),
    resampling(from: .hz8000, to: .hz16000, limit: 3_000),
    resampling(from: .hz16000, to: .hz8000, limit: 3_000),
    resampling(from: .hz44100, to: .hz8000, limit: 40_000),
]

private func resampling(from source: SampleRate, to target: SampleRate, limit: Double) -> Benchmark {
    Benchmark("resample \(source.rawValue) to \(target.rawValue)", limit: limit) { meter in
        guard var resampler = try? Resampler(from: source, to: target) else { return }
        let frame = (0..<source.samplesPerFrame.rawValue).map { Int16(truncatingIfNeeded: $0 &* $0 &* 97) }
        var output = [Int16](repeating: 0, count: resampler.maximumCount(for: frame.count))
        meter.measure {
            var span = output.mutableSpan
            keep(resampler.resample(frame.span, into: &span))
        }
    }
}
