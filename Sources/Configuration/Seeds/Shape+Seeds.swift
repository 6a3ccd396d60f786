internal import Addresses

// The shapes of agents and numbers, as the API has them.
extension Shape {
    static let agent = object([
        Member("id", identifier, isRequired: true),
        Member("upstream", word("openai", "elevenlabs")),
        Member("model", anyText),
        Member("voice", anyText),
        Member("instructions", anyText),
        Member("first_message", anyText),
        Member("language", anyText),
        Member("protect_greeting", flag),
        Member("turn_detection", anyObject),
        Member("elevenlabs_agent_id", anyText),
        Member("variables", anyObject),
        Member("metadata", anyObject),
        Member("tools", list(tool)),
        Member("builtins", list(word("end_call", "transfer_call", "send_digits"))),
        Member("transfer_to", list(phoneNumber)),
        Member("allow_private_tools", flag),
        Member("fallback", fallback),
        Member("recording", word("off", "opus")),
        Member("consent_message", anyText),
        Member("transcript", word("on", "redacted", "off")),
        Member("limits", object([Member("max_call_s", seconds), Member("calls", whole(0...1_000_000))])),
    ])

    static let number = object([
        Member("number", phoneNumber, isRequired: true),
        Member("agent", identifier),
        Member("canary", object([Member("agent", identifier, isRequired: true), Member("share", number(0...1))])),
        Member("label", anyText),
    ])

    private static let tool = object([
        Member("name", toolName, isRequired: true),
        Member("description", anyText),
        Member("parameters", anyObject),
        Member("url", webURL, isRequired: true),
        Member("method", word("GET", "POST", "PUT", "PATCH", "DELETE")),
        Member("headers", textMap),
        Member("timeout_s", seconds),
        Member("attempts", whole(1...10)),
        Member("budget_s", seconds),
        Member("changes", flag),
        Member("failure_text", anyText),
        Member("redact", list(anyText)),
    ])

    private static let fallback = object([
        Member("agent", identifier), Member("say", anyText), Member("transfer_to", phoneNumber),
    ])

    private static let seconds = number(0...86_400)

    private static let identifier = text(expected: "an id of letters, digits, '-', '_' and '.'") {
        isWord($0, also: "-_.")
    }

    /// What both vendors take as a function's name.
    private static let toolName = text(expected: "a name of letters, digits, '-' and '_'") { isWord($0, also: "-_") }

    private static let phoneNumber = text(expected: PhoneNumberText.expected, isFit: PhoneNumberText.isFit)

    private static let webURL = text(expected: "a URL that begins with https:// or http://") { text in
        guard let url = try? WebURL(text) else { return false }
        return url.scheme == .https || url.scheme == .http
    }

    private static func isWord(_ text: String, also others: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
    }
}
