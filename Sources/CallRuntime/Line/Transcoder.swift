internal import MediaCodecs
internal import MediaCore

/// Turns one side's audio into the other's, continuously: what comes in pieces sounds as if it came whole.
struct Transcoder: ~Copyable {
    let source: AudioFormat
    let target: AudioFormat
    private var resampler: Resampler?
    /// Half a sample that a piece ended with.
    private var half: UInt8?

    /// - Throws: When the library has no memory for it.
    init(from source: AudioFormat, to target: AudioFormat) throws(MediaCodecError) {
        self.source = source
        self.target = target
        resampler = source.rate == target.rate ? nil : try Resampler(from: source.rate, to: target.rate)
    }

    /// Converts at most `FrameBench.audioByteCount` bytes and lends the result, which may be empty.
    mutating func convert(_ bytes: Span<UInt8>, on bench: FrameBench, _ body: (Span<UInt8>) -> Void) {
        bench.samples.lend { samples in
            let count = decode(bytes, into: &samples)
            guard count > 0 else { return }
            if resampler == nil {
                encode(samples.span.extracting(first: count), on: bench, body)
            } else {
                bench.resampled.lend { resampled in
                    let made = resampler!.resample(samples.span.extracting(first: count), into: &resampled)
                    encode(resampled.span.extracting(first: made), on: bench, body)
                }
            }
        }
    }

    /// Lends the last sounds that a filter still holds, and begins anew: what comes next has nothing to do with it.
    ///
    /// - Parameter mayGoOn: This is a guess. Audio is made of whole samples, so where half of one was left there is more.
    mutating func finish(mayGoOn: Bool = false, on bench: FrameBench, _ body: (Span<UInt8>) -> Void) {
        if !mayGoOn { half = nil }
        guard resampler != nil else { return }
        bench.resampled.lend { resampled in
            let made = resampler!.finish(into: &resampled)
            encode(resampled.span.extracting(first: made), on: bench, body)
        }
    }

    private mutating func decode(_ bytes: Span<UInt8>, into samples: inout MutableSpan<Int16>) -> Int {
        switch source.encoding {
        case .muLaw:
            G711.muLaw.decode(bytes, into: &samples)
            return bytes.count
        case .aLaw:
            G711.aLaw.decode(bytes, into: &samples)
            return bytes.count
        case .pcm16:
            return decodePCM(bytes, into: &samples)
        }
    }

    /// A piece may end in the middle of a sample.
    private mutating func decodePCM(_ bytes: Span<UInt8>, into samples: inout MutableSpan<Int16>) -> Int {
        var place = 0
        var count = 0
        if let low = half, !bytes.isEmpty {
            samples[0] = Int16(truncatingIfNeeded: Int(bytes[0]) << 8 | Int(low))
            (place, count, half) = (1, 1, nil)
        }
        let whole = (bytes.count - place) / 2
        samples.copyPCM(bytes.extracting(place..<place + 2 * whole), to: count)
        if place + 2 * whole < bytes.count { half = bytes[bytes.count - 1] }
        return count + whole
    }

    private func encode(_ samples: Span<Int16>, on bench: FrameBench, _ body: (Span<UInt8>) -> Void) {
        bench.converted.lend { converted in
            switch target.encoding {
            case .muLaw:
                G711.muLaw.encode(samples, into: &converted)
                body(converted.span.extracting(first: samples.count))
            case .aLaw:
                G711.aLaw.encode(samples, into: &converted)
                body(converted.span.extracting(first: samples.count))
            case .pcm16:
                converted.copyPCM(samples)
                body(converted.span.extracting(first: 2 * samples.count))
            }
        }
    }
}
