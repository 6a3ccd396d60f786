import CallCore
import CarrierWire
import JSONWire
import MediaCodecs
import MediaCore
import Telemetry
import Timeline
import UpstreamWire

@testable import CallRuntime

/// A line between a Telnyx stream of packets and an upstream, on a clock that the test moves.
final class PacketFixture {
    let loop = VirtualLoop()
    let phone: PacketPhone
    let upstream = UpstreamPeer()
    let listener = LineNotes()
    let slabs = SlabPool(limit: 1_000, spares: 4)
    let line: CallLine
    private let framing: OpusFraming
    private let end: UpstreamEnd
    private var encoder: OpusEncoder
    private(set) var chunk = 0

    init(
        rate: SampleRate, upstream format: AudioFormat = .muLaw8k, framing: OpusFraming = .packet,
        desk: CodecDesk = CodecDesk()
    ) throws {
        self.framing = framing
        phone = try PacketPhone(rate: rate, framing: framing)
        encoder = try OpusEncoder(OpusEncoder.Settings(rate: rate))
        line = CallLine(
            loop: loop, bench: FrameBench(), slabs: slabs, metrics: LineMetrics(MetricsRegistry()), dialect: .telnyx,
            codecs: desk)
        end = line.newUpstreamEnd()
        listener.line = line
        line.listener = listener
        CarrierEnd(line).socketOpened(phone)
        let voice = CarrierVoice(heard: .opus(rate), spoken: .opus(rate))
        line.start(
            stream: "s1", as: voice, packets: try PacketLine(voice, framing: framing, desk: desk, source: 7))
        let formats = UpstreamFormats(callerAudio: format, agentAudio: format)
        try line.prepare(OpenAISession(UpstreamSetup(agent: UpstreamAgent(), formats: formats)), formats: formats)
        end.socketOpened(upstream)
        say(#"{"type":"session.created","session":{}}"#)
        say(#"{"type":"session.updated","session":{"audio":{"input":{"turn_detection":{"type":"server_vad"}}}}}"#)
        say(#"{"type":"response.created","response":{"id":"r"}}"#)
    }

    func say(_ text: String) { end.socket(upstream, received: text.utf8.span) }

    func delta(_ bytes: [UInt8], item: String = "a") {
        say(
            #"{"type":"response.output_audio.delta","response_id":"r","item_id":"\#(item)","content_index":0,"delta":""#
                + base64(bytes) + #""}"#)
    }

    func ended(item: String = "a") {
        say(
            #"{"type":"response.output_audio.done","response_id":"r","item_id":"\#(item)","output_index":0,"content_index":0}"#
        )
    }

    /// The packet of the caller's next 20 ms, and its number.
    func packet(_ samples: [Int16]) throws -> (message: String, chunk: Int) {
        var bytes = [UInt8](repeating: 0, count: OpusRates.largestPacketByteCount)
        var span = bytes.mutableSpan
        let count = try encoder.encode(samples.span, into: &span)
        chunk += 1
        let head: [UInt8] = framing == .rtp ? [0x80, 111] + Array(repeating: 0, count: 10) : []
        return (message(head + bytes.prefix(count), chunk: chunk), chunk)
    }

    func message(_ payload: [UInt8], chunk: Int) -> String {
        #"{"event":"media","sequence_number":"\#(chunk)","stream_id":"s1","media":{"track":"inbound","chunk":"\#(chunk)","#
            + #""timestamp":"\#(20 * (chunk - 1))","payload":"\#(base64(payload))"}}"#
    }

    func hear(_ text: String) { line.carrierReceived(text.utf8.span) }

    /// A beat of 20 ms.
    func beat() {
        loop.now = loop.now.advanced(by: .milliseconds(20))
        phone.returnMarks(until: loop.now)
        loop.beat()
    }
}

/// The carrier as Telnyx is: decodes one packet a message, plays it, and sends marks back when it comes to them.
final class PacketPhone: CallSocket {
    private(set) var heard: [Int16] = []
    private(set) var events: [String] = []
    private(set) var packets: [[UInt8]] = []
    private(set) var badPackets = 0
    private let framing: OpusFraming
    private let rate: SampleRate
    private var decoder: OpusDecoder
    private var marks: [(name: String, at: Instant)] = []
    private var playedUntil = Instant(nanoseconds: 0)
    private var now = Instant(nanoseconds: 7_000_000_000)
    weak var line: CallLine?

    init(rate: SampleRate, framing: OpusFraming) throws {
        self.rate = rate
        self.framing = framing
        decoder = try OpusDecoder(rate: rate)
    }

    func send(text: Span<UInt8>) -> CallSocketSent {
        guard let message = try? JSONObject(parsing: text), let event = try? message.string("event") else {
            badPackets += 1
            return .sent
        }
        events.append(event)
        switch event {
        case "media": play(decoded((try? message.object("media").string("payload")) ?? ""))
        case "mark": marks.append(((try? message.object("mark").string("name")) ?? "", max(now, playedUntil)))
        case "clear": playedUntil = now
        default: badPackets += 1
        }
        return .sent
    }

    private func play(_ payload: [UInt8]) {
        let packet = framing == .rtp ? Array(payload.dropFirst(12)) : payload
        packets.append(packet)
        var pcm = [Int16](repeating: 0, count: decoder.longestPacket.rawValue)
        var span = pcm.mutableSpan
        guard let count = try? decoder.decode(packet.span, into: &span) else {
            badPackets += 1
            return
        }
        heard += pcm.prefix(count)
        playedUntil = max(now, playedUntil).advanced(byNanoseconds: Int64(count) * 1_000_000_000 / Int64(rate.rawValue))
    }

    func returnMarks(until now: Instant) {
        self.now = now
        while let first = marks.first, first.at <= now {
            marks.removeFirst()
            line?.take(mark: first.name)
        }
    }

    /// How far ahead of the ear it is supplied.
    var lead: Duration { now < playedUntil ? now.duration(to: playedUntil) : .zero }

    func close(code: UInt16, reason: String) {}
    func kill() {}
    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}
}
