import CarrierWire
import MediaCore
import Timeline

/// The same as for Twilio's messages; and whatever order they come in, each is heard once at most and in its order.
@Sendable
func fuzzTelnyx(_ input: inout FuzzInput) {
    let text = input.rest()
    fuzzMedia(text, as: .telnyx, MediaNames(stream: "stream_id", sequence: "sequence_number"))
    order(text)
    for framing in OpusFraming.allCases {
        guard let place = framing.packet(in: text.span) else { continue }
        require(place.lowerBound >= 0 && place.upperBound <= text.count, "a packet beyond its message")
    }
}

/// Each byte is a message that comes so many numbers after or before the one that is due.
private func order(_ steps: [UInt8]) {
    var order = ChunkOrder()
    var heard: [Int64] = []
    var due: Int64 = 1_000
    var now = Instant(nanoseconds: 0)
    let nothing: [UInt8] = []
    for step in steps.prefix(64) {
        now = now.advanced(byNanoseconds: Int64(step >> 4) * 5_000_000)
        let chunk = max(0, due + Int64(step & 0x0F) - 4)
        due += 1
        let text = message(chunk)
        guard case .media(let media)? = try? TelnyxMessage.read(text.span) else {
            fatalError("a good message is refused")
        }
        let place = order.arrived(media, audio: nothing.span, at: now)
        if place == .next { heard.append(chunk) }
        while let (kept, lost) = order.next(at: now) {
            require(lost >= 0 && kept.chunk == (heard.last ?? -1) + Int64(lost) + 1, "the lost are counted wrong")
            heard.append(kept.chunk)
        }
    }
    require(zip(heard, heard.dropFirst()).allSatisfy { $0 < $1 }, "heard twice or out of order: \(heard)")
}

private func message(_ chunk: Int64) -> [UInt8] {
    Array(#"{"event":"media","media":{"payload":"","chunk":"\#(chunk)"}}"#.utf8)
}
