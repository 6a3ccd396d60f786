internal import Digests
internal import MediaCore
public import Wording

/// Makes and checks `X-Twilio-Signature`: HMAC-SHA1 over the public URL and the fields of a form, in base64.
public struct TwilioSignature: Sendable {
    private let tokens: [Secret]

    /// - Parameter tokens: The account's auth tokens; more than one while they are being changed.
    public init(tokens: [Secret]) {
        self.tokens = tokens
    }

    /// What a request for this URL must carry.
    public static func text(url: String, form: WebForm = WebForm(), token: Secret) -> String {
        Base64.text(of: digest(url: url, form: form, token: token).span)
    }

    /// Checks a request by the values of its signature header. All tokens and all ways to write the URL are tried, and
    /// the time it takes does not tell how near a wrong signature came.
    public func check(_ request: TwilioSignedRequest, header values: [String]) throws(CarrierError) {
        guard let header = values.first else { throw .signatureMissing }
        guard values.count == 1 else { throw .signatureRepeated }
        guard let given = Self.decoded(header) else { throw .signatureMalformed }
        var isRight = false
        for url in request.urls {
            for token in tokens {
                let expected = Self.digest(url: url, form: request.form, token: token)
                if ConstantTime.areEqual(expected.span, given.span) { isRight = true }
            }
        }
        guard isRight else { throw .signatureWrong }
        try request.checkBody()
    }

    private static func digest(url: String, form: WebForm, token: Secret) -> [UInt8] {
        HMAC.sha1(of: (Array(url.utf8) + signedText(of: form)).span, key: Array(token.revealed().utf8).span)
    }

    /// Names and values without anything between them, sorted by bytes, a pair that comes twice only once.
    private static func signedText(of form: WebForm) -> [UInt8] {
        let sorted = form.fields.sorted { left, right in
            if left.nameBytes == right.nameBytes {
                left.valueBytes.lexicographicallyPrecedes(right.valueBytes)
            } else {
                left.nameBytes.lexicographicallyPrecedes(right.nameBytes)
            }
        }
        var text: [UInt8] = []
        for (index, field) in sorted.enumerated() where index == 0 || field != sorted[index - 1] {
            text += field.nameBytes
            text += field.valueBytes
        }
        return text
    }

    /// The 20 bytes, or nil for anything but their base64.
    private static func decoded(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count == Base64.encodedByteCount(SHA1.byteCount) else { return nil }
        var bytes = [UInt8](repeating: 0, count: SHA1.byteCount)
        var target = bytes.mutableSpan
        return Base64.decode(characters.span, into: &target) == SHA1.byteCount ? bytes : nil
    }
}
