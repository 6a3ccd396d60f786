internal import PracticeKit

/// What the bridge tells an upstream of the caller: `input_audio_buffer.append`, as the bridge writes it and in no other
/// way.
enum AppendedAudio {
    private static let head = Array("{\"type\":\"input_audio_buffer.append\",\"audio\":\"".utf8)
    private static let tailCount = 2
    private static let silence = UInt8(ascii: "/")

    /// Where its base64 stands; nil for any other message.
    static func place(in text: Span<UInt8>) -> Range<Int>? {
        guard text.count >= head.count + tailCount, text.begins(with: head) else { return nil }
        return head.count..<text.count - tailCount
    }

    /// Whether no frame of the caller's is in it. Of a label's twelve characters at most every fourth looks like silence:
    /// a look at one in six finds it.
    static func isSilent(_ base64: Span<UInt8>) -> Bool {
        var place = 0
        while place < base64.count - 4 {
            guard base64[place] == silence else { return false }
            place += 6
        }
        return true
    }
}
