internal import CWideBytes

/// Base64 as RFC 4648 section 4 has it: the standard alphabet, padded, on one line. Nothing here allocates but `text`.
public enum Base64 {
    /// How many characters encode `count` bytes.
    public static func encodedByteCount(_ count: Int) -> Int {
        (count + 2) / 3 * 4
    }

    /// Upper bound of what decoding `count` characters can give.
    public static func maximumDecodedByteCount(_ count: Int) -> Int {
        count / 4 * 3
    }

    /// For what is not on the way of a frame: allocates the text.
    public static func text(of source: Span<UInt8>) -> String {
        var text = [UInt8](repeating: 0, count: encodedByteCount(source.count))
        var target = text.mutableSpan
        encode(source, into: &target)
        return String(decoding: text, as: UTF8.self)
    }

    /// Encodes with padding and returns how many bytes were written, from `offset` on.
    ///
    /// - Precondition: There is room for `encodedByteCount` of them.
    @discardableResult
    public static func encode(
        _ source: Span<UInt8>, into target: inout MutableSpan<UInt8>, at offset: Int = 0
    ) -> Int {
        let written = encodedByteCount(source.count)
        precondition(offset >= 0 && target.count - offset >= written, "no room for the base64 text")
        let pairs = encodingPairs.span
        // SAFETY: a byte takes any bit pattern.
        var text = unsafe target.mutableBytes
        var index = encodeWide(source, into: &text, at: offset)
        var place = offset &+ index / 3 &* 4
        while index &+ 8 <= source.count {  // Eight bytes are read, six of them are used.
            let bits = source.bigEndianWord(at: index)
            let first = UInt64(pairs[Int(truncatingIfNeeded: bits &>> 52)])
            let second = UInt64(pairs[Int(truncatingIfNeeded: bits &>> 40 & 0xFFF)])
            let third = UInt64(pairs[Int(truncatingIfNeeded: bits &>> 28 & 0xFFF)])
            let fourth = UInt64(pairs[Int(truncatingIfNeeded: bits &>> 16 & 0xFFF)])
            let characters = first | second &<< 16 | third &<< 32 | fourth &<< 48
            text.storeBytes(of: characters.littleEndian, toByteOffset: place, as: UInt64.self)
            index &+= 6
            place &+= 8
        }
        while index < source.count {
            let characters = lastCharacters(source.extracting(index...), pairs)
            text.storeBytes(of: characters.littleEndian, toByteOffset: place, as: UInt32.self)
            index &+= 3
            place &+= 4
        }
        return written
    }

    /// The four characters of up to three bytes.
    private static func lastCharacters(_ bytes: Span<UInt8>, _ pairs: Span<UInt16>) -> UInt32 {
        let second = bytes.count > 1 ? UInt32(bytes[1]) : 0
        let third = bytes.count > 2 ? UInt32(bytes[2]) : 0
        let bits = UInt32(bytes[0]) &<< 16 | second &<< 8 | third
        let characters = UInt32(pairs[Int(bits &>> 12)]) | UInt32(pairs[Int(bits & 0xFFF)]) &<< 16
        return switch bytes.count {
        case 1: characters & 0x0000_FFFF | 0x3D3D_0000
        case 2: characters & 0x00FF_FFFF | 0x3D00_0000
        default: characters
        }
    }

    /// Decodes strictly: padding is required, white space is refused, and bits that no byte uses must be zero.
    ///
    /// What stands in `target` behind the decoded bytes may be overwritten, too.
    ///
    /// - Returns: How many bytes were decoded; nil if it is not base64 or does not fit.
    public static func decode(_ source: Span<UInt8>, into target: inout MutableSpan<UInt8>) -> Int? {
        guard source.count & 3 == 0 else { return nil }
        let capacity = target.count
        let values = decodingValues.span
        // SAFETY: a byte takes any bit pattern.
        var bytes = unsafe target.mutableBytes
        var index = decodeWide(source, into: &bytes)
        var written = index / 4 &* 3
        var seen: UInt32 = 0
        while index &+ 8 < source.count, written &+ 8 <= capacity {  // Eight bytes are written, six of them count.
            let text = source.bigEndianWord(at: index)
            let high = threeBytes(of: UInt32(truncatingIfNeeded: text &>> 32), values)
            let low = threeBytes(of: UInt32(truncatingIfNeeded: text), values)
            seen |= high | low
            let decoded = UInt64(high) &<< 40 | UInt64(low) &<< 16
            bytes.storeBytes(of: decoded.bigEndian, toByteOffset: written, as: UInt64.self)
            index &+= 8
            written &+= 6
        }
        while index < source.count {
            let isEnd = index &+ 4 == source.count
            guard let last = lastBytes(source.extracting(index..<index &+ 4), isEnd: isEnd, values),
                written &+ last.count <= capacity
            else { return nil }
            for place in 0..<last.count {
                target[written &+ place] = UInt8(truncatingIfNeeded: last.bits &>> UInt32(16 &- 8 &* place))
            }
            index &+= 4
            written &+= last.count
        }
        return seen & wrong == 0 ? written : nil
    }

    /// Most of it, if the processor can; returns how many bytes were encoded.
    @inline(__always)
    private static func encodeWide(_ source: Span<UInt8>, into text: inout MutableRawSpan, at offset: Int) -> Int {
        // SAFETY: there is room for all that `source` gives, as `encode` made sure, and both pointers are used only here.
        unsafe source.withUnsafeBufferPointer { source in
            unsafe text.withUnsafeMutableBytes { text in
                guard let bytes = source.baseAddress, let place = unsafe text.baseAddress?.advanced(by: offset) else {
                    return 0
                }
                return unsafe wide_base64_encode(bytes, source.count, place.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    /// Most of it, if the processor can; returns how many characters were decoded.
    @inline(__always)
    private static func decodeWide(_ source: Span<UInt8>, into target: inout MutableRawSpan) -> Int {
        // SAFETY: it is told how much is there and how much room, and both pointers are used only here.
        unsafe source.withUnsafeBufferPointer { source in
            unsafe target.withUnsafeMutableBytes { target in
                guard let text = source.baseAddress, let place = target.baseAddress else { return 0 }
                return unsafe wide_base64_decode(
                    text, source.count, place.assumingMemoryBound(to: UInt8.self), target.count)
            }
        }
    }

    /// The bytes of four characters, which may be padded where the text ends.
    private static func lastBytes(
        _ text: Span<UInt8>, isEnd: Bool, _ values: Span<UInt32>
    ) -> (bits: UInt32, count: Int)? {
        let padding = UInt8(ascii: "=")
        let characters = (0..<4).reduce(UInt32(0)) { $0 &<< 8 | UInt32(text[$1]) }
        let bits: UInt32
        let count: Int
        if !isEnd || text[3] != padding {
            (bits, count) = (threeBytes(of: characters, values), 3)
        } else if text[2] != padding {
            (bits, count) = (threeBytes(of: characters & 0xFFFF_FF00 | 0x41, values), 2)  // As if padded with "A", 0.
        } else {
            (bits, count) = (threeBytes(of: characters & 0xFFFF_0000 | 0x4141, values), 1)
        }
        let unused = (UInt32(1) &<< UInt32(24 &- 8 &* count)) &- 1
        return bits & (wrong | unused) == 0 ? (bits, count) : nil
    }

    /// The 24 bits of four characters, the first of them highest; something in `wrong` if one is not of the alphabet.
    @inline(__always)
    private static func threeBytes(of characters: UInt32, _ values: Span<UInt32>) -> UInt32 {
        values[Int(characters &>> 24)] | values[256 &+ Int(characters &>> 16 & 0xFF)]
            | values[512 &+ Int(characters &>> 8 & 0xFF)] | values[768 &+ Int(characters & 0xFF)]
    }
}

extension Span<UInt8> {
    /// The eight bytes from `offset` on, the first one highest.
    @inline(__always)
    fileprivate func bigEndianWord(at offset: Int) -> UInt64 {
        // SAFETY: bytes have no padding, every bit pattern is a UInt64, and the span checks the bounds.
        UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Two characters for each 12 bits, the first in the lower byte.
private let encodingPairs = (0..<4096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }

/// Set in the value of a byte that is not of the alphabet.
private let wrong: UInt32 = 0xFF00_0000

/// What each byte stands for as first, second, third and last of four characters: 256 values each.
private let decodingValues: [UInt32] = (0..<4).flatMap { place in
    (0..<256).map { byte in
        alphabet.firstIndex(of: UInt8(byte)).map { UInt32($0) << UInt32(18 - 6 * place) } ?? wrong
    }
}
