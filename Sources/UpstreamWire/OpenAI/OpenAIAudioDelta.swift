internal import JSONWire

/// Where the parts of a `response.output_audio.delta` stand in its text.
///
/// Found by one walk that allocates nothing and checks the grammar to the last byte: any order of keys, unknown keys
/// skipped, the last one of twins. What is written in an unusual way (an escape in the payload, an id that is not a
/// string) gives no delta here; `OpenAIServerEvent` then reads it, or says what is wrong.
public struct OpenAIAudioDelta: Hashable, Sendable {
    public let itemID: Range<Int>
    /// Empty where the server names none.
    public let responseID: Range<Int>
    public let contentIndex: Int
    public let base64: Range<Int>

    /// Nil for every other text, JSON or not.
    public init?(scanning text: Span<UInt8>) {
        var members = Members()
        do throws(JSONError) {
            try members.collect(from: text)
        } catch {
            return nil
        }
        guard members.isDelta, let itemID = members.itemID?.plainString, let base64 = members.delta?.plainString else {
            return nil
        }
        self.itemID = itemID
        self.base64 = base64
        if let slice = members.responseID, slice.kind != .null {
            guard let range = slice.plainString else { return nil }
            responseID = range
        } else {
            responseID = 0..<0
        }
        if let slice = members.contentIndex, slice.kind != .null {
            guard slice.kind == .number, let index = slice.decimal(in: text) else { return nil }
            contentIndex = Int(index)
        } else {
            contentIndex = 0
        }
    }

    private struct Members {
        var isDelta = false
        var itemID: JSONSlice?
        var responseID: JSONSlice?
        var contentIndex: JSONSlice?
        var delta: JSONSlice?

        mutating func collect(from text: Span<UInt8>) throws(JSONError) {
            var scanner = JSONScanner()
            guard try scanner.enterObject(in: text) else { return }
            while let key = try scanner.nextKey(in: text) {
                let value = try scanner.value(in: text)
                if key.equals("delta", in: text) {
                    delta = value
                } else if key.equals("type", in: text) {
                    // The older name is what servers say that never left the beta.
                    isDelta =
                        value.equals("response.output_audio.delta", in: text)
                        || value.equals("response.audio.delta", in: text)
                } else if key.equals("item_id", in: text) {
                    itemID = value
                } else if key.equals("response_id", in: text) {
                    responseID = value
                } else if key.equals("content_index", in: text) {
                    contentIndex = value
                }
            }
            try scanner.end(in: text)
        }
    }
}

extension JSONSlice {
    /// Where a string stands that needs no unescaping.
    fileprivate var plainString: Range<Int>? { kind == .string && !isEscaped ? range : nil }
}
