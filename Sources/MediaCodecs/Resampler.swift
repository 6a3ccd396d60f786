internal import CSpeexDSP
public import MediaCore

/// Turns samples of one rate into those of another: continuous across calls, so chunks leave no seam and no click.
///
/// Where one rate is a multiple of the other it is our own filter: 2 ms of delay, 650 ns for 20 ms from 8 to 24 kHz and
/// 1,050 back. Else it is libspeexdsp at quality 4: 4 ms, and up to 30 µs between the families of 8,000 and 11,025.
/// (It would take 2,750 and 2,650 ns for the former; quality 3 loses 1 dB at 3,400 Hz, quality 5 is over 5 ms.)
/// Both keep the level within 0.02 dB from 300 to 3,400 Hz, and images and aliases of it below -60 dB.
///
/// Allocates in `init` alone. One stream each, for one thread at a time.
@safe
public struct Resampler: ~Copyable {
    private static let quality: CInt = 4

    public let source: SampleRate
    public let target: SampleRate
    /// How long after it went in a sound comes out, in samples of the source.
    public let delay: SampleCount
    /// At most one of the two; neither where both rates are the same and samples are copied.
    private var filter: PolyphaseFilter?
    private let state: OpaquePointer?

    public init(from source: SampleRate, to target: SampleRate) throws(MediaCodecError) {
        self.source = source
        self.target = target
        if let ours = PolyphaseFilter(from: source, to: target) {
            delay = SampleCount(ours.delay)
            filter = consume ours
            unsafe state = nil
        } else if source == target {
            delay = .zero
            filter = nil
            unsafe state = nil
        } else {
            let state = unsafe try Self.makeState(source, target)
            delay = SampleCount(Int(unsafe speex_resampler_get_input_latency(state)))
            filter = nil
            unsafe self.state = state
        }
    }

    private static func makeState(
        _ source: SampleRate, _ target: SampleRate
    ) throws(MediaCodecError) -> OpaquePointer {
        let rates = (UInt32(source.rawValue), UInt32(target.rawValue))
        // SAFETY: rates and quality are valid, so it fails for want of memory alone; `deinit` frees what it makes.
        guard let state = unsafe speex_resampler_init(1, rates.0, rates.1, quality, nil) else { throw .outOfMemory }
        return unsafe state
    }

    deinit {
        // SAFETY: made in `init`, freed here alone.
        if let state = unsafe state { unsafe speex_resampler_destroy(state) }
    }

    /// The most that `resample` gives for so many samples.
    public func maximumCount(for count: Int) -> Int {
        (count * target.rawValue + source.rawValue - 1) / source.rawValue + 1
    }

    /// Resamples all of `input` to `output`, from `offset` on, and returns how many samples that made.
    ///
    /// - Precondition: There is room for `maximumCount(for:)`.
    public mutating func resample(
        _ input: Span<Int16>, into output: inout MutableSpan<Int16>, at offset: Int = 0
    ) -> Int {
        precondition(offset >= 0 && output.count - offset >= maximumCount(for: input.count), "no room to resample")
        guard !input.isEmpty else { return 0 }
        if let written = filter?.resample(input, into: &output, at: offset) { return written }
        guard let state = unsafe state else { return copy(input, into: &output, at: offset) }
        var read = UInt32(input.count)
        var written = UInt32(output.count - offset)
        // SAFETY: both counts are the spans' own, the library keeps neither pointer, and spans do not overlap.
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                _ = unsafe speex_resampler_process_int(state, 0, from, &read, to + offset, &written)
            }
        }
        assert(Int(read) == input.count, "with room enough it reads everything")
        return Int(written)
    }

    /// Lets the last sounds out that the delay still holds, and begins anew: for the end of an utterance.
    ///
    /// - Precondition: There is room for `maximumCount(for: delay.rawValue)`.
    public mutating func finish(into output: inout MutableSpan<Int16>, at offset: Int = 0) -> Int {
        let silence = InlineArray<256, Int16>(repeating: 0)
        let written = resample(silence.span.extracting(first: delay.rawValue), into: &output, at: offset)
        filter?.reset()
        // SAFETY: the state lives as long as this.
        if let state = unsafe state { _ = unsafe speex_resampler_reset_mem(state) }
        return written
    }

    private func copy(_ input: Span<Int16>, into output: inout MutableSpan<Int16>, at offset: Int) -> Int {
        for index in input.indices { output[offset + index] = input[index] }
        return input.count
    }
}
