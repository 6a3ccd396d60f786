import CallCore
import CallRuntime
import CarrierWire
import Glibc
import MediaCore
import Telemetry
import Timeline
import UpstreamWire

/// The whole way of a frame through a call, from the socket's text to the other socket's text, all but the sockets.
let callLineRows: [Benchmark] = [
    Benchmark("call line, one media frame", limit: 1_500) { $0.measureMediaFrame(.passThrough) },
    Benchmark("call line, one delta of 100 ms", limit: 4_000) { $0.measureDelta(.passThrough) },
    Benchmark("call line, one media frame to PCM 24 kHz", limit: 3_500) { $0.measureMediaFrame(.pcm) },
    Benchmark("call line, one delta of 100 ms from PCM 24 kHz", limit: 16_000) { $0.measureDelta(.pcm) },
    Benchmark("call line, one media frame of Telnyx, PCMU", limit: 1_600) { meter in
        meter.measureMediaFrame(.passThrough, .muLaw8k)
    },
    Benchmark("call line, one packet of Opus 16 kHz to PCM 24 kHz", limit: 50_000) { meter in
        meter.measureMediaFrame(.pcm, .opus)
    },
    Benchmark("call line, one delta of 100 ms from PCM 24 kHz to Opus 16 kHz", limit: 800_000) { meter in
        meter.measureDelta(.pcm, .opus)
    },
]

extension CarrierVoice {
    fileprivate static let opus = CarrierVoice(heard: .opusWideband, spoken: .opusWideband)
}

extension UpstreamFormats {
    fileprivate static let passThrough = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    fileprivate static let pcm = UpstreamFormats(callerAudio: .pcm16(.hz24000), agentAudio: .pcm16(.hz24000))
}

extension Meter {
    fileprivate mutating func measureMediaFrame(_ formats: UpstreamFormats) {
        let rig = LineRig(formats)
        let audio = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let text = Array(
            (#"{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"5","#
                + #""payload":"\#(base64(audio))"},"streamSid":"\#(LineRig.stream)"}"#).utf8)
        measure {
            rig.loop.now = rig.loop.now.advanced(byNanoseconds: 20_000_000)
            rig.carrierEnd.socket(rig.carrier, received: text.span)
        }
        keep(rig.upstream.byteCount)
    }

    /// Telnyx's messages, whose numbers go on.
    fileprivate mutating func measureMediaFrame(_ formats: UpstreamFormats, _ telnyx: CarrierVoice) {
        let rig = LineRig(formats, telnyx)
        let audio = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let payloads = telnyx == .opus ? voicePackets(.hz16000) : [audio]
        var texts = payloads.map { payload in
            Array(
                (#"{"event":"media","sequence_number":"4","media":{"track":"inbound","chunk":"10000000","#
                    + #""payload":"\#(base64(payload))"},"stream_id":"\#(LineRig.stream)"}"#).utf8)
        }
        let digits = texts[0].firstRange(of: Array("10000000".utf8)) ?? 0..<0
        var turn = 0
        var chunk = 10_000_000
        measure {
            rig.loop.now = rig.loop.now.advanced(byNanoseconds: 20_000_000)
            chunk += 1
            var rest = chunk
            for place in digits.reversed() {
                texts[turn][place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            let text = texts[turn]
            rig.carrierEnd.socket(rig.carrier, received: text.span)
            turn = (turn + 1) % texts.count
        }
        keep(rig.upstream.byteCount)
    }

    fileprivate mutating func measureDelta(_ formats: UpstreamFormats, _ telnyx: CarrierVoice? = nil) {
        let rig = LineRig(formats, telnyx)
        let audio = voice(formats.agentAudio)
        let text = Array(
            (#"{"type":"response.output_audio.delta","event_id":"event_1","response_id":"r","item_id":"a","#
                + #""output_index":0,"content_index":0,"delta":"\#(base64(audio))"}"#).utf8)
        rig.upstreamEnd.socket(rig.upstream, received: text.span)  // The first one makes the item known.
        measure {
            rig.loop.now = rig.loop.now.advanced(byNanoseconds: 100_000_000)
            rig.upstreamEnd.socket(rig.upstream, received: text.span)
        }
        keep(rig.carrier.byteCount)
    }
}

/// 100 ms whose pitch moves as a voice's does: it is what the detector of a wrong format soon trusts.
private func voice(_ format: AudioFormat) -> [UInt8] {
    var phase = 0.0
    let samples = (0..<format.rate.samples(in: Milliseconds(100)).rawValue).map { index in
        let time = Double(index) / Double(format.rate.rawValue)
        phase += 2 * .pi * (130 + 40 * sin(60 * time)) / Double(format.rate.rawValue)
        return Int16(3_000 * (1...12).reduce(0) { $0 + sin(Double($1) * phase) / Double($1) })
    }
    guard format == .muLaw8k else {
        return samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }
    var bytes = [UInt8](repeating: 0, count: samples.count)
    var target = bytes.mutableSpan
    G711.muLaw.encode(samples.span, into: &target)
    return bytes
}

private func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: Base64.encodedByteCount(bytes.count))
    var target = text.mutableSpan
    Base64.encode(bytes.span, into: &target)
    return String(decoding: text, as: UTF8.self)
}

/// A line whose upstream is ready, between two sockets that take everything.
private final class LineRig {
    static let stream = "MZ18ad3ab5a668481ce02b83e7395059f0"

    let loop = StoppedLoop()
    let carrier = Sink()
    let upstream = Sink()
    let carrierEnd: CarrierEnd
    let upstreamEnd: UpstreamEnd
    private let line: CallLine

    /// - Parameter telnyx: What a Telnyx stream is coded in; nil for Twilio.
    init(_ formats: UpstreamFormats, _ telnyx: CarrierVoice? = nil) {
        let desk = CodecDesk()
        line = CallLine(
            loop: loop, bench: FrameBench(), slabs: SlabPool(limit: 1_000, spares: 8),
            metrics: LineMetrics(MetricsRegistry()), dialect: telnyx == nil ? .twilio : .telnyx, codecs: desk)
        carrierEnd = CarrierEnd(line)
        carrierEnd.socketOpened(carrier)
        if let telnyx {
            line.start(stream: Self.stream, as: telnyx, packets: try? PacketLine(telnyx, on: desk))
        } else {
            line.start(stream: Self.stream)
        }
        let setup = UpstreamSetup(agent: UpstreamAgent(), formats: formats)
        guard (try? line.prepare(OpenAISession(setup), formats: formats)) != nil else { fatalError("no memory") }
        upstreamEnd = line.newUpstreamEnd()
        upstreamEnd.socketOpened(upstream)
        _ = line.sessionOpened()
        for text in [#"{"type":"session.created","session":{}}"#, #"{"type":"session.updated","session":{}}"#] {
            upstreamEnd.socket(upstream, received: text.utf8.span)
        }
        line.openUpstream()
    }
}

private final class StoppedLoop: CallLoop {
    var now = Instant(nanoseconds: 1)

    func timer(_ action: @escaping (Instant) -> Void) -> any CallTimer { StoppedTimer() }
    func join(_ listener: any CallBeat) {}
    func leave(_ listener: any CallBeat) {}

    private final class StoppedTimer: CallTimer {
        func set(_ deadline: Deadline) {}
    }
}

private final class Sink: CallSocket {
    private(set) var byteCount = 0

    func send(text: Span<UInt8>) -> CallSocketSent {
        byteCount += text.count
        return .sent
    }

    func close(code: UInt16, reason: String) {}
    func kill() {}
    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}
}
