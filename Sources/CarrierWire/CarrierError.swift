public import Addresses
public import JSONWire

/// What is wrong with something that a carrier sent, or with what we were about to send it.
public enum CarrierError: Error, Hashable, Sendable {
    /// A message on the media socket is not JSON, or not of the shape that its event has.
    case message(JSONError)
    case payloadNotBase64
    case payloadNotOpus
    case payloadTooLong(limit: Int)
    case malformedForm
    case formTooLarge(limit: Int)
    case missingParameter(String)
    case invalidParameter(String)
    case signatureMissing
    case signatureRepeated
    case signatureMalformed
    case signatureWrong
    case bodyDigestMissing
    case bodyDigestWrong
    /// What we were about to send would not be taken.
    case twimlTooLong(limit: Int)
    case streamParameterTooLong(String)
    case unusableURL(WebURL)
    /// The carrier's REST API did not do what it was asked.
    case refused(TwilioFailure)

    public var code: String {
        switch self {
        case .message(let problem) where problem.isShape: "carrier.message_shape"
        case .message: "carrier.message_malformed"
        case .payloadNotBase64: "carrier.payload_not_base64"
        case .payloadNotOpus: "carrier.payload_not_opus"
        case .payloadTooLong: "carrier.payload_too_long"
        case .malformedForm: "carrier.malformed_form"
        case .formTooLarge: "carrier.form_too_large"
        case .missingParameter: "carrier.missing_parameter"
        case .invalidParameter: "carrier.invalid_parameter"
        case .signatureMissing: "carrier.signature_missing"
        case .signatureRepeated: "carrier.signature_repeated"
        case .signatureMalformed: "carrier.signature_malformed"
        case .signatureWrong: "carrier.signature_wrong"
        case .bodyDigestMissing: "carrier.body_digest_missing"
        case .bodyDigestWrong: "carrier.body_digest_wrong"
        case .twimlTooLong: "carrier.twiml_too_long"
        case .streamParameterTooLong: "carrier.stream_parameter_too_long"
        case .unusableURL: "carrier.unusable_url"
        case .refused: "carrier.refused"
        }
    }

    public var message: String {
        switch self {
        case .message(let problem): "The carrier sent a message that cannot be read. \(problem.message)"
        case .payloadNotBase64: "The carrier sent audio that is not base64."
        case .payloadNotOpus:
            "The carrier sent audio that is no Opus packet. If that goes on, try the other telnyx.opus_framing."
        case .payloadTooLong(let limit): "The carrier sent more than \(limit) bytes of audio in one message."
        case .malformedForm: "The request's form cannot be read: two hexadecimal digits must follow each '%'."
        case .formTooLarge(let limit): "The request's form has more than \(limit) fields."
        case .missingParameter(let name): "The request lacks the parameter \(name)."
        case .invalidParameter(let name): "The request's parameter \(name) has a value that it cannot have."
        case .signatureMissing: "The request is not signed. Only the carrier may call this path."
        case .signatureRepeated: "The request carries more than one signature."
        case .signatureMalformed: "The request's signature is not the base64 of 20 bytes."
        case .signatureWrong:
            "The request's signature does not match. Check the auth token, and that public_url is what the carrier calls."
        case .bodyDigestMissing: "The request's body is not signed: the URL must carry bodySHA256."
        case .bodyDigestWrong: "The request's body is not the one that was signed."
        case .twimlTooLong(let limit): "The instructions for the carrier are longer than the \(limit) that it takes."
        case .streamParameterTooLong(let name):
            "The stream parameter '\(name)' is too long: name and value must stay under 500 characters."
        case .unusableURL(let url): "The carrier cannot use the URL \(url) here. Check public_url and stream_url."
        case .refused(let failure): failure.sentence
        }
    }
}
