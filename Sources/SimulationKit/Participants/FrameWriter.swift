internal import PracticeKit

/// Writes a caller's frames: the carrier's own words around a label, with all that never changes made before.
///
/// A label is nine bytes, so it is twelve characters of base64, and what follows it is always the same.
struct FrameWriter {
    private static let restOfLoud = Array(Base64.encode(CallerAudio.rest(isLoud: true)).utf8)
    private static let restOfQuiet = Array(Base64.encode(CallerAudio.rest(isLoud: false)).utf8)

    private let call: Int
    private let tail: [UInt8]

    init(call: Int, stream: String) {
        self.call = call
        tail = Array("\"},\"streamSid\":\"\(stream)\"}".utf8)
    }

    /// - Parameters:
    ///   - number: The frame's own.
    ///   - sequence: Of the message.
    ///   - milliseconds: Since the stream began.
    func frame(_ number: Int, sequence: Int, at milliseconds: Int, isLoud: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(400)
        text += "{\"event\":\"media\",\"sequenceNumber\":\"".utf8
        text += sequence.description.utf8
        text += "\",\"media\":{\"track\":\"inbound\",\"chunk\":\"".utf8
        text += number.description.utf8
        text += "\",\"timestamp\":\"".utf8
        text += milliseconds.description.utf8
        text += "\",\"payload\":\"".utf8
        text += Base64.encode(CallerAudio.label(call: call, number: number)).utf8
        text += isLoud ? Self.restOfLoud : Self.restOfQuiet
        text += tail
        return text
    }
}
