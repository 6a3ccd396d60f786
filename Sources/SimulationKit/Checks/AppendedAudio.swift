internal import PracticeKit

/// What the bridge tells an upstream of the caller, as the bridge writes it and in no other way.
enum AppendedAudio {
    private static let tailCount = 2
    private static let silence = UInt8(ascii: "/")
    private static let padding = UInt8(ascii: "=")

    /// Where its base64 stands; nil for any other message.
    static func place(in text: Span<UInt8>, of dialect: AgentDialect) -> Range<Int>? {
        let start = dialect.callerAudio.count
        guard text.count >= start + tailCount, text.begins(with: dialect.callerAudio) else { return nil }
        return start..<text.count - tailCount
    }

    /// Whether no frame of the caller's is in it, nor a piece of one. A label fills eleven characters at least, of which at
    /// most every fourth looks like silence: a look at one in five finds it. A message may end in the middle of a label, so
    /// of its ends all is looked at.
    static func isSilent(_ base64: Span<UInt8>) -> Bool {
        let last = base64.count - 4
        guard last >= 0, isSilentEnd(base64, at: last) else { return false }
        var place = 0
        while place < last {
            guard base64[place] == silence else { return false }
            place += place < edge || place >= last - edge ? 1 : 5
        }
        return true
    }

    private static let edge = 12

    /// Three bytes, two or one.
    private static func isSilentEnd(_ base64: Span<UInt8>, at last: Int) -> Bool {
        guard base64[last] == silence else { return false }
        return switch (base64[last + 1], base64[last + 2], base64[last + 3]) {
        case (silence, silence, silence), (silence, UInt8(ascii: "8"), padding): true
        case (UInt8(ascii: "w"), padding, padding): true
        default: false
        }
    }
}

extension Span<UInt8> {
    func begins(with head: [UInt8]) -> Bool {
        guard count >= head.count else { return false }
        for index in head.indices where self[index] != head[index] { return false }
        return true
    }
}
