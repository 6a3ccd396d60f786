internal import JSONWire

/// One pass over a message: where those of its members stand that audio and marks have. Carriers differ in what they call
/// the stream and the number of the message.
///
/// The event may come last, so `media` is looked into before it is known that the event is one.
struct MediaScan {
    /// What a carrier calls what all of them have.
    struct Names {
        let stream: StaticString
        let sequence: StaticString
    }

    private let names: Names
    private var event: JSONSlice?
    private var sequence: JSONSlice?
    private var stream: JSONSlice?
    /// The kind of the member `media`, and what it holds if it is an object.
    private var mediaKind: JSONKind?
    private var mediaMembers = MediaMembers()
    /// The same of the member `mark`.
    private var markKind: JSONKind?
    private var markName: JSONSlice?

    /// What comes so often that it is read from this scan alone.
    enum Event {
        case media
        case mark
        case other
    }

    private struct MediaMembers {
        var payload: JSONSlice?
        var track: JSONSlice?
        var timestamp: JSONSlice?
        var chunk: JSONSlice?
    }

    init(_ text: Span<UInt8>, _ names: Names) throws(JSONError) {
        self.names = names
        var scanner = JSONScanner()
        guard try scanner.enterObject(in: text) else {
            throw .wrongType("", expected: .object, found: try scanner.kind(in: text))
        }
        while let key = try scanner.nextKey(in: text) {
            if key.equals("media", in: text) {
                try readMedia(&scanner, text)
                continue
            }
            if key.equals("mark", in: text) {
                try readMark(&scanner, text)
                continue
            }
            let value = try scanner.value(in: text)
            if key.equals("event", in: text) {
                event = value
            } else if key.equals(names.sequence, in: text) {
                sequence = value
            } else if key.equals(names.stream, in: text) {
                stream = value
            }
        }
        try scanner.end(in: text)
    }

    private mutating func readMedia(_ scanner: inout JSONScanner, _ text: Span<UInt8>) throws(JSONError) {
        mediaMembers = MediaMembers()
        guard try scanner.enterObject(in: text) else {
            mediaKind = try scanner.value(in: text).kind
            return
        }
        mediaKind = .object
        while let key = try scanner.nextKey(in: text) {
            let value = try scanner.value(in: text)
            if key.equals("payload", in: text) {
                mediaMembers.payload = value
            } else if key.equals("timestamp", in: text) {
                mediaMembers.timestamp = value
            } else if key.equals("chunk", in: text) {
                mediaMembers.chunk = value
            } else if key.equals("track", in: text) {
                mediaMembers.track = value
            }
        }
    }

    private mutating func readMark(_ scanner: inout JSONScanner, _ text: Span<UInt8>) throws(JSONError) {
        markName = nil
        guard try scanner.enterObject(in: text) else {
            markKind = try scanner.value(in: text).kind
            return
        }
        markKind = .object
        while let key = try scanner.nextKey(in: text) {
            let value = try scanner.value(in: text)
            if key.equals("name", in: text) { markName = value }
        }
    }

    func event(in text: Span<UInt8>) throws(JSONError) -> Event {
        guard let event, event.kind != .null else { throw .missing("event") }
        guard event.kind == .string else { throw .wrongType("event", expected: .string, found: event.kind) }
        if event.equals("media", in: text) { return .media }
        return event.equals("mark", in: text) ? .mark : .other
    }

    func media(in text: Span<UInt8>) throws(JSONError) -> CarrierMedia {
        guard let mediaKind, mediaKind != .null else { throw .missing("media") }
        guard mediaKind == .object else { throw .wrongType("media", expected: .object, found: mediaKind) }
        guard let payload = try Self.string(mediaMembers.payload, "payload") else { throw .missing("payload") }
        return CarrierMedia(
            payload: payload,
            track: try Self.string(mediaMembers.track, "track").map { Self.track($0, in: text) },
            timestamp: try Self.decimal(mediaMembers.timestamp, "timestamp", in: text),
            chunk: try Self.decimal(mediaMembers.chunk, "chunk", in: text),
            sequence: try Self.decimal(sequence, names.sequence, in: text),
            stream: try Self.string(stream, names.stream))
    }

    func mark(in text: Span<UInt8>) throws(JSONError) -> CarrierMark {
        let stream = try Self.string(stream, names.stream)
        let sequence = try Self.decimal(sequence, names.sequence, in: text)
        guard let markKind, markKind != .null else { throw .missing("mark") }
        guard markKind == .object else { throw .wrongType("mark", expected: .object, found: markKind) }
        guard let name = try Self.string(markName, "name") else { throw .missing("name") }
        return CarrierMark(name: name, stream: stream, sequence: sequence)
    }

    /// As elsewhere, null is as good as missing.
    private static func string(_ slice: JSONSlice?, _ name: StaticString) throws(JSONError) -> JSONSlice? {
        guard let slice, slice.kind != .null else { return nil }
        guard slice.kind == .string else { throw .wrongType("\(name)", expected: .string, found: slice.kind) }
        return slice
    }

    private static func decimal(
        _ slice: JSONSlice?, _ name: StaticString, in text: Span<UInt8>
    ) throws(JSONError) -> Int64? {
        guard let slice, slice.kind != .null else { return nil }
        guard slice.kind == .string || slice.kind == .number else {
            throw .wrongType("\(name)", expected: .string, found: slice.kind)
        }
        guard let value = slice.decimal(in: text) else { throw .invalidValue("\(name)") }
        return value
    }

    private static func track(_ slice: JSONSlice, in text: Span<UInt8>) -> CarrierTrack {
        if slice.equals("inbound", in: text) { return .inbound }
        return CarrierTrack(word: slice.string(in: text))
    }
}
