import CarrierWire
import JSONWire
import MediaCore

/// The scan of a media message finds what a full decode of the same text holds.
@Sendable
func fuzzMedia(_ input: inout FuzzInput) {
    fuzzMedia(input.rest(), as: .twilio, MediaNames(stream: "streamSid", sequence: "sequenceNumber"))
}

/// What a carrier calls what all of them have.
struct MediaNames {
    let stream: String
    let sequence: String
}

func fuzzMedia(_ text: [UInt8], as dialect: CarrierDialect, _ names: MediaNames) {
    var message: CarrierMessage?
    var problem: JSONError?
    do throws(CarrierError) {
        message = try dialect.read(text.span)
    } catch {
        guard case .message(let error) = error else { fatalError("no error of a message: \(error)") }
        problem = error
    }
    let whole: JSONObject
    do throws(JSONError) {
        whole = try JSONObject(parsing: text.span)
    } catch {
        let isStricter = error == .notUTF8 || error.code == "json.too_many_values"
        require(message == nil || isStricter, "a message is read that is no object: \(error)")
        return
    }
    require(problem?.isShape ?? true, "a message that is JSON is taken for none: \(problem!)")
    if case .media(let media) = message {
        compare(media, whole, text, names)
    } else if whole["event"] == .string("media") {
        require(!isRight(whole, names), "audio is refused that is right: \(problem.map { "\($0)" } ?? "another event")")
    }
}

private func compare(_ media: CarrierMedia, _ whole: JSONObject, _ text: [UInt8], _ names: MediaNames) {
    require(whole["event"] == .string("media"), "not a media message")
    guard case .object(let inner)? = whole["media"], case .string(let payload)? = inner["payload"] else {
        fatalError("audio out of nothing")
    }
    require(media.payload.string(in: text.span) == payload, "the payloads differ")
    require(media.timestamp == decimal(inner["timestamp"]), "the timestamps differ")
    require(media.chunk == decimal(inner["chunk"]), "the chunks differ")
    require(media.sequence == decimal(whole[names.sequence]), "the sequence numbers differ")
    let stream = media.stream.map { JSONValue.string($0.string(in: text.span)) }
    require(stream == present(whole[names.stream]), "the streams differ")
    require((media.track == .inbound) == isInbound(inner["track"]), "the tracks differ")

    let expected = decoded(Array(payload.utf8).span)
    var audio = [UInt8](repeating: 0, count: media.maximumAudioByteCount)
    var target = audio.mutableSpan
    let count = try? media.decodePayload(of: text.span, into: &target)
    require(count == expected?.count && count.map { Array(audio[..<$0]) } == expected, "the audio differs")
}

private func decoded(_ payload: Span<UInt8>) -> [UInt8]? {
    var audio = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(payload.count))
    var target = audio.mutableSpan
    return Base64.decode(payload, into: &target).map { Array(audio[..<$0]) }
}

/// Whether a full decode would take this for audio.
private func isRight(_ whole: JSONObject, _ names: MediaNames) -> Bool {
    guard case .object(let media)? = whole["media"], case .string? = media["payload"] else { return false }
    let texts = [whole[names.stream], media["track"]].map(present)
    let numbers = [whole[names.sequence], media["timestamp"], media["chunk"]].map(present)
    return texts.allSatisfy { $0 == nil || $0?.kind == .string }
        && numbers.allSatisfy { $0 == nil || decimal($0) != nil }
}

private func present(_ value: JSONValue?) -> JSONValue? {
    value == .null ? nil : value
}

private func isInbound(_ track: JSONValue?) -> Bool {
    track == .string("inbound") || track == .string("inbound_track")
}

private func decimal(_ value: JSONValue?) -> Int64? {
    let digits: String
    switch value {
    case .number(let number)?: digits = number.text
    case .string(let string)?: digits = string
    default: return nil
    }
    return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
}
