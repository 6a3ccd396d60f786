internal import Digests

/// X-Twilio-Signature, as the carrier makes it.
public enum CarrierSignature {
    /// - Parameters:
    ///   - url: exactly as it was configured.
    ///   - form: the parameters of a POST; nil for a GET and for an upgrade.
    public static func sign(url: String, form: CarrierForm? = nil, token: String) -> String {
        var text = url
        // Each name once, in the order of its bytes, with its distinct values in theirs.
        let pairs = Set((form?.fields ?? []).map { Pair(name: Array($0.name.utf8), value: Array($0.value.utf8)) })
        for pair in pairs.sorted() {
            text += String(decoding: pair.name, as: UTF8.self) + String(decoding: pair.value, as: UTF8.self)
        }
        return Base64.encode(HMAC.sha1(of: Array(text.utf8).span, key: Array(token.utf8).span))
    }

    private struct Pair: Hashable, Comparable {
        let name: [UInt8]
        let value: [UInt8]

        static func < (left: Pair, right: Pair) -> Bool {
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
    }
}
