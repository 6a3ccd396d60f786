/// Working memory for one frame at a time, shared by all calls of a loop, so that a call needs none of its own.
///
/// Each of the pieces is lent to one user at a time; a nested loan of the same piece is a bug and stops.
@safe
public final class FrameBench {
    /// The most audio that is worked on at once: base64 of it, and what resampling makes of it, fit the other pieces. At
    /// most that is six samples of two bytes of each byte: μ-law to PCM at 48 kHz.
    static let audioByteCount = 6_144

    /// One piece of memory.
    @safe
    final class Piece<Element: BitwiseCopyable> {
        private let buffer: UnsafeMutableBufferPointer<Element>
        private var isLent = false

        init(count: Int, filler: Element) {
            unsafe buffer = .allocate(capacity: count)
            unsafe buffer.initialize(repeating: filler)
        }

        deinit { unsafe buffer.deallocate() }

        func lend<R, E: Error>(_ body: (inout MutableSpan<Element>) throws(E) -> R) throws(E) -> R {
            precondition(!isLent, "a frame's memory is lent twice")
            isLent = true
            defer { isLent = false }
            // SAFETY: the memory lives as long as this, and `isLent` keeps everybody else away.
            var span = unsafe MutableSpan(_unsafeElements: buffer)
            return try body(&span)
        }
    }

    /// What was decoded, and what is about to be encoded.
    let audio = Piece<UInt8>(count: FrameBench.audioByteCount + 4, filler: 0)
    /// The same in the other side's format.
    let converted = Piece<UInt8>(count: 6 * 2 * FrameBench.audioByteCount + 128, filler: 0)
    let samples = Piece<Int16>(count: FrameBench.audioByteCount + 16, filler: 0)
    let resampled = Piece<Int16>(count: 6 * FrameBench.audioByteCount + 64, filler: 0)
    /// Base64 of that, and what stands around it.
    let message = Piece<UInt8>(count: 8 * 2 * FrameBench.audioByteCount + 1_024, filler: 0)
    /// Sound that comes out of packets or goes into them, and the same as bytes, or the packet.
    let sound = Piece<Int16>(count: OpusEar.sampleCount, filler: 0)
    let packet = Piece<UInt8>(count: 2 * OpusEar.sampleCount, filler: 0)

    public init() {}
}
