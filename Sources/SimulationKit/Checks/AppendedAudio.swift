internal import PracticeKit

/// What the bridge tells an upstream of the caller, as the bridge writes it and in no other way.
enum AppendedAudio {
    private static let tailCount = 2
    private static let silence = UInt8(ascii: "/")

    /// Where its base64 stands; nil for any other message.
    static func place(in text: Span<UInt8>, of dialect: AgentDialect) -> Range<Int>? {
        let start = dialect.callerAudio.count
        guard text.count >= start + tailCount, text.begins(with: dialect.callerAudio) else { return nil }
        return start..<text.count - tailCount
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

extension Span<UInt8> {
    func begins(with head: [UInt8]) -> Bool {
        guard count >= head.count else { return false }
        for index in head.indices where self[index] != head[index] { return false }
        return true
    }
}
