/// A phone number as it is written everywhere: a plus sign and 2 to 15 digits, of which the first is not 0.
enum PhoneNumberText {
    static let expected = "a phone number such as \"+15550002222\""

    static func isFit(_ text: String) -> Bool {
        let digits = text.dropFirst().utf8
        return text.hasPrefix("+") && (2...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension SettingKind<String> {
    static let phoneNumber = text(
        PhoneNumberText.expected, show: { $0 }, read: { PhoneNumberText.isFit($0) ? $0 : nil })
}
