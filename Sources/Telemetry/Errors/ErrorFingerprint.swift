internal import Wording

/// Tells whether two reports are the same error.
enum ErrorFingerprint {
    private static let messageLimit = 256

    static func of(_ report: ErrorReport) -> String {
        "\(report.component) \(report.code) \(normalised(report.message))"
    }

    /// Words that hold a digit differ from one occurrence to the next (identifiers, times, ports): each becomes `#`.
    private static func normalised(_ message: String) -> String {
        var result = ""
        var word = ""
        var hasDigit = false
        func endWord() {
            result += hasDigit ? "#" : word
            word = ""
            hasDigit = false
        }
        for character in message.unicodeScalars.prefix(messageLimit) {
            if character.properties.isAlphabetic || character == "_" || character == "-" {
                word.unicodeScalars.append(character)
            } else if character.properties.numericType != nil {
                hasDigit = true
            } else {
                endWord()
                result.unicodeScalars.append(character)
            }
        }
        endWord()
        return VisibleText.escaping(result, limit: messageLimit)
    }
}
