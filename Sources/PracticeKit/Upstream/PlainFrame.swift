/// A message that carries a frame, as most bridges write it to the byte. Frames come by the million: those that look like
/// this are not read as JSON.
struct PlainFrame: Sendable {
    private let head: [UInt8]
    private let tail = Array(#""}"#.utf8)
    private static let longest = 65_536

    /// - Parameter head: all that stands before the base64.
    init(head: String) {
        self.head = Array(head.utf8)
    }

    /// The frame's bytes; nil for anything else, which is then read with all care.
    func bytes(of text: Span<UInt8>) -> [UInt8]? {
        let head = head.span
        let tail = tail.span
        guard text.count >= head.count + tail.count, text.count < Self.longest else { return nil }
        for index in head.indices where text[index] != head[index] { return nil }
        let end = text.count - tail.count
        for index in tail.indices where text[end + index] != tail[index] { return nil }
        return Base64.decode(text.extracting(head.count..<end))
    }
}
