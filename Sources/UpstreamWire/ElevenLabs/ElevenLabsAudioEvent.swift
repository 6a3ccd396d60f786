internal import JSONWire

/// Where the parts of an `audio` event stand in its text, which may be megabytes long.
///
/// Found by one walk that allocates nothing and checks the grammar to the last byte: any order of keys, unknown keys
/// skipped, the last one of twins. What is written in an unusual way (an escape in the payload, an id with a fraction)
/// gives no event here; `ElevenLabsServerEvent` then reads it, or says what is wrong.
public struct ElevenLabsAudioEvent: Hashable, Sendable {
    /// Nil where the server names none.
    public let eventID: Int?
    public let base64: Range<Int>

    /// Nil for every other text, JSON or not.
    public init?(scanning text: Span<UInt8>) {
        var members = Members()
        do throws(JSONError) {
            try members.collect(from: text)
        } catch {
            return nil
        }
        guard members.isAudio, let payload = members.payload, payload.kind == .string, !payload.isEscaped else {
            return nil
        }
        base64 = payload.range
        if let id = members.eventID, id.kind != .null {
            guard let number = id.decimal(in: text) else { return nil }
            eventID = Int(number)
        } else {
            eventID = nil
        }
    }

    private struct Members {
        var isAudio = false
        var eventID: JSONSlice?
        var payload: JSONSlice?

        mutating func collect(from text: Span<UInt8>) throws(JSONError) {
            var scanner = JSONScanner()
            guard try scanner.enterObject(in: text) else { return }
            while let key = try scanner.nextKey(in: text) {
                if key.equals("audio_event", in: text) {
                    try collectAudio(&scanner, from: text)
                } else {
                    let value = try scanner.value(in: text)
                    if key.equals("type", in: text) { isAudio = value.equals("audio", in: text) }
                }
            }
            try scanner.end(in: text)
        }

        private mutating func collectAudio(
            _ scanner: inout JSONScanner, from text: Span<UInt8>
        ) throws(JSONError) {
            (eventID, payload) = (nil, nil)
            guard try scanner.enterObject(in: text) else {
                _ = try scanner.value(in: text)
                return
            }
            while let key = try scanner.nextKey(in: text) {
                let value = try scanner.value(in: text)
                if key.equals("audio_base_64", in: text) {
                    payload = value
                } else if key.equals("event_id", in: text) {
                    eventID = value
                }
            }
        }
    }
}
