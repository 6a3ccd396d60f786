/// What models are told in our own words, the same for every vendor.
enum UpstreamWords {
    static let resumption =
        "The line was restored after a short technical break. Go on with the conversation above. "
        + "Do not greet the caller again and do not mention the break unless asked."

    static func say(_ text: String) -> String {
        "Tell the caller this now, in your own voice: \(text)"
    }

    static func keypad(_ digits: String) -> String {
        "[keypad: \(digits.map(String.init).joined(separator: " "))]"
    }
}
