/// Notices audio that is not in the promised encoding, which would be played as noise: 16-bit PCM where G.711 was agreed,
/// or the other way round.
///
/// The two bytes of PCM samples differ in kind: the low ones look random, the high ones follow the sound. The bytes of
/// G.711 are all of one kind. So it compares those at even places with those at odd ones, window by window; three
/// suspicious windows more than fine ones are a finding, and what says nothing (silence, a steady tone) does not count.
///
/// What it cannot tell: a wrong rate, μ-law from A-law, and PCM that is noise at full scale.
public struct FormatDetector: ~Copyable {
    static let windowByteCount = 2_000
    private static let windowsForFinding = 3
    /// After so many windows that were fine it looks at one in `restWindows` alone.
    private static let windowsForTrust = 8
    private static let restWindows = 16

    public let promised: AudioFormat.Encoding
    /// What it seems to be instead: `muLaw` stands for both laws of G.711. Stays once found.
    public private(set) var found: AudioFormat.Encoding?

    private var window = [UInt8](repeating: 0, count: windowByteCount)
    private var filled = 0
    private var toSkip = 0
    private var suspicious = 0
    private var trusted = 0

    public init(promised: AudioFormat.Encoding) { self.promised = promised }

    /// Looks at the next bytes of the stream. Returns true once: with the bytes that complete a finding.
    ///
    /// - Complexity: A copy of the bytes; every 2,000 bytes 8 µs, later every 32,000.
    public mutating func inspect(_ bytes: Span<UInt8>) -> Bool {
        guard found == nil else { return false }
        var start = 0
        while start < bytes.count {
            let place = filled
            let piece = min(bytes.count - start, Self.windowByteCount - place)
            if toSkip == 0 {
                var target = window.mutableSpan
                target.replace(at: place, with: bytes.extracting(start..<start + piece))
            }
            filled += piece
            start += piece
            guard filled == Self.windowByteCount else { break }
            filled = 0
            if toSkip > 0 { toSkip -= 1 } else { judgeWindow() }
            if found != nil { return true }
        }
        return false
    }

    private mutating func judgeWindow() {
        let kind = BytePairStatistics(of: window.span).kind(promised: promised)
        switch kind {
        case .unclear: break
        case .asPromised:
            suspicious = max(0, suspicious - 1)
            trusted += 1
            if trusted >= Self.windowsForTrust { toSkip = Self.restWindows - 1 }
        case .other:
            suspicious += 1
            trusted = 0
            if suspicious == Self.windowsForFinding { found = promised == .pcm16 ? .muLaw : .pcm16 }
        }
    }
}
