import CarrierWire
import MediaCore

let carrierWireRows: [Benchmark] = [
    Benchmark("Twilio media scan", limit: 250) { meter in
        let text = mediaMessage()
        meter.measure { keep(media(in: text.span)) }
    },
    Benchmark("Twilio media scan and decode, 160 bytes", limit: 300) { meter in
        let text = mediaMessage()
        var audio = [UInt8](repeating: 0, count: 168)
        meter.measure {
            var target = audio.mutableSpan
            keep(decode(text.span, into: &target))
        }
    },
    Benchmark("Telnyx media scan and decode, 160 bytes", limit: 300) { meter in
        let text = telnyxMessage()
        var audio = [UInt8](repeating: 0, count: 168)
        meter.measure {
            var target = audio.mutableSpan
            guard case .media(let media)? = try? CarrierDialect.telnyx.read(text.span) else { return }
            keep(try? media.decodePayload(of: text.span, into: &target))
        }
    },
    Benchmark("Twilio mark scan", limit: 250) { meter in
        let text = Array(
            #"{"event":"mark","sequenceNumber":"4","streamSid":"\#(stream)","mark":{"name":"g7:12:9600"}}"#.utf8)
        meter.measure { keep(try? TwilioMessage.read(text.span)) }
    },
    Benchmark("Twilio stream check", limit: 30) { meter in
        let text = mediaMessage()
        guard let media = media(in: text.span) else { return }
        let name = Array(stream.utf8)
        meter.measure { keep(media.isOf(stream: name.span, in: text.span)) }
    },
    Benchmark("Twilio media frame build, 160 bytes", limit: 100) { meter in
        let writer = CarrierWriter(twilioStream: stream)
        let audio = audio
        var buffer = [UInt8](repeating: 0, count: 14 + writer.mediaByteCount(audioByteCount: audio.count))
        meter.measure {
            var target = buffer.mutableSpan
            keep(writer.writeMedia(audio.span, into: &target, at: 14))
        }
    },
    Benchmark("Twilio mark frame build", limit: 60) { meter in
        guard let name = MarkName("g7:12:9600") else { return }
        let writer = CarrierWriter(twilioStream: stream)
        var buffer = [UInt8](repeating: 0, count: 14 + writer.markByteCount(name))
        meter.measure {
            var target = buffer.mutableSpan
            keep(writer.writeMark(name, into: &target, at: 14))
        }
    },
]

private let stream = "MZ00000000000000000000000000000001"

/// 20 ms of telephone audio.
private let audio: [UInt8] = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 &* 7) }

/// A message with the members and the order of Twilio's own.
private func mediaMessage() -> [UInt8] {
    var base64 = [UInt8](repeating: 0, count: Base64.encodedByteCount(audio.count))
    var target = base64.mutableSpan
    Base64.encode(audio.span, into: &target)
    let head =
        #"{"event":"media","sequenceNumber":"1234","media":{"track":"inbound","chunk":"1233","timestamp":"24660","#
        + #""payload":""#
    return Array(head.utf8) + base64 + Array(#""},"streamSid":"\#(stream)"}"#.utf8)
}

private func telnyxMessage() -> [UInt8] {
    var base64 = [UInt8](repeating: 0, count: Base64.encodedByteCount(audio.count))
    var target = base64.mutableSpan
    Base64.encode(audio.span, into: &target)
    let head =
        #"{"event":"media","sequence_number":"1234","media":{"track":"inbound","chunk":"1233","timestamp":"24660","#
        + #""payload":""#
    return Array(head.utf8) + base64 + Array(#""},"stream_id":"32de0dea-53cb-4b21-89a4-9e1819c043bc"}"#.utf8)
}

@inline(__always)
private func media(in text: Span<UInt8>) -> CarrierMedia? {
    guard case .media(let media)? = try? TwilioMessage.read(text) else { return nil }
    return media
}

@inline(__always)
private func decode(_ text: Span<UInt8>, into target: inout MutableSpan<UInt8>) -> Int? {
    guard let media = media(in: text) else { return nil }
    return try? media.decodePayload(of: text, into: &target)
}
