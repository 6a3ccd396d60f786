/// Text that came from outside, fit to be shown: escaped, valid Unicode, and cut at 256 bytes.
public struct PeerText: Hashable, Sendable, CustomStringConvertible {
    public static let limit = 256

    public let description: String

    public init(_ text: some StringProtocol) {
        description = VisibleText.escaping(text, limit: Self.limit)
    }

    /// Bytes that are no UTF-8 show as the replacement character; only as many are looked at as can be shown.
    public init(_ bytes: Span<UInt8>) {
        var head: [UInt8] = []
        // Enough beyond the limit to tell that the text is cut, and to keep the last character before it whole.
        let count = min(bytes.count, Self.limit + 4)
        head.reserveCapacity(count)
        for index in 0..<count { head.append(bytes[index]) }
        self.init(String(decoding: head, as: UTF8.self))
    }
}
