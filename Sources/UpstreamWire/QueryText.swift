/// Text as it goes into a URL's query.
enum QueryText {
    /// All but unreserved characters (RFC 3986 section 2.3) as percent signs and digits.
    static func encoded(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += Array((byte < 16 ? "%0" : "%").utf8) + Array(hex.utf8)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
