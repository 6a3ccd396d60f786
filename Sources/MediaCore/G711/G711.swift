/// The two laws of G.711: 8-bit codes for 16-bit samples, finer where it is quiet. By table, both ways.
///
/// Bit for bit what `sox` does: a sample is rounded to the 14 bits of μ-law or the 13 of A-law, not cut off.
public enum G711: Hashable, Sendable, CaseIterable {
    case muLaw
    case aLaw

    /// The code of a sample of 0.
    public var silence: UInt8 {
        switch self {
        case .muLaw: 0xFF
        case .aLaw: 0xD5
        }
    }

    /// Writes one code for each sample to the front of `codes`.
    ///
    /// - Precondition: There is room.
    public func encode(_ samples: Span<Int16>, into codes: inout MutableSpan<UInt8>) {
        switch self {
        case .muLaw: G711Table.muLaw.encode(samples, into: &codes)
        case .aLaw: G711Table.aLaw.encode(samples, into: &codes)
        }
    }

    /// Writes one sample for each code to the front of `samples`.
    ///
    /// - Precondition: There is room.
    public func decode(_ codes: Span<UInt8>, into samples: inout MutableSpan<Int16>) {
        switch self {
        case .muLaw: G711Table.muLaw.decode(codes, into: &samples)
        case .aLaw: G711Table.aLaw.decode(codes, into: &samples)
        }
    }
}
