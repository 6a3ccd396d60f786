import CallCore
import CarrierWire
import MediaCore
import Telemetry
import Timeline
import UpstreamWire

@testable import CallRuntime

/// A line between a phone and an upstream that the test plays, on a clock that the test moves.
final class LineFixture {
    let loop = VirtualLoop()
    let phone: Phone
    let upstream = UpstreamPeer()
    let listener = LineNotes()
    let slabs: SlabPool
    let line: CallLine
    private var end: UpstreamEnd
    private var timestamp = 0

    init(
        formats: UpstreamFormats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k),
        slabs limit: Int = 1_000, session: (UpstreamSetup) -> any UpstreamSession = { OpenAISession($0) }
    ) throws {
        phone = Phone(loop: loop)
        slabs = SlabPool(limit: limit, spares: 4)
        line = CallLine(loop: loop, bench: FrameBench(), slabs: slabs, metrics: LineMetrics(MetricsRegistry()))
        end = line.newUpstreamEnd()
        listener.line = line
        line.listener = listener
        CarrierEnd(line).socketOpened(phone)
        phone.owner = CarrierEnd(line)
        line.start(stream: "MZ1")
        let setup = UpstreamSetup(agent: UpstreamAgent(), formats: formats)
        try line.prepare(session(setup), formats: formats)
        end.socketOpened(upstream)
    }

    /// The upstream has opened, too.
    static func talking(
        formats: UpstreamFormats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k), slabs: Int = 1_000
    ) throws -> LineFixture {
        let fixture = try LineFixture(formats: formats, slabs: slabs)
        fixture.becomeReady()
        return fixture
    }

    func becomeReady(naming format: String? = nil) {
        say(#"{"type":"session.created","session":{}}"#)
        let named = format.map { #""format":{"type":"\#($0)"}"# } ?? ""
        let detection = #""turn_detection":{"type":"server_vad"}"#
        say(
            #"{"type":"session.updated","session":{"audio":{"input":{\#(named.isEmpty ? "" : named + ",")\#(detection)},"#
                + #""output":{\#(named)}}}}"#)
        say(#"{"type":"response.created","response":{"id":"r"}}"#)
    }

    /// With an agent of ElevenLabs' that is set to these formats.
    static func elevenLabs(output: String = "ulaw_8000", input: String = "ulaw_8000") throws -> LineFixture {
        let fixture = try LineFixture { ElevenLabsSession($0) }
        fixture.say(
            #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"#
                + #""agent_output_audio_format":"\#(output)","user_input_audio_format":"\#(input)"}}"#)
        return fixture
    }

    // MARK: the upstream

    func audioEvent(_ bytes: [UInt8], _ id: Int) {
        say(#"{"type":"audio","audio_event":{"audio_base_64":"\#(base64(bytes))","event_id":\#(id)}}"#)
    }

    func say(_ text: String) { end.socket(upstream, received: text.utf8.span) }

    func sayBinary() { end.socketReceivedBinary(upstream) }

    func delta(_ bytes: [UInt8], item: String = "a") {
        say(
            #"{"type":"response.output_audio.delta","response_id":"r","item_id":"\#(item)","content_index":0,"delta":""#
                + base64(bytes) + #""}"#)
    }

    func ended(_ item: String = "a") {
        say(#"{"type":"response.output_audio.done","response_id":"r","item_id":"\#(item)","content_index":0}"#)
    }

    // MARK: the phone

    /// A frame of 20 ms, unless it says otherwise. The clock stays.
    func frame(_ bytes: [UInt8], stream: String = "MZ1") {
        hear(
            #"{"event":"media","sequenceNumber":"2","streamSid":"\#(stream)","media":{"track":"inbound","chunk":"1","#
                + #""timestamp":"\#(timestamp)","payload":"\#(base64(bytes))"}}"#)
        timestamp += bytes.count / 8
    }

    func mark(_ name: String, stream: String = "MZ1") {
        hear(#"{"event":"mark","sequenceNumber":"3","streamSid":"\#(stream)","mark":{"name":"\#(name)"}}"#)
    }

    func hear(_ text: String) { line.carrierReceived(text.utf8.span) }

    // MARK: time

    /// In beats of 20 ms; the phone plays meanwhile.
    func pass(_ milliseconds: Int, frames: Bool = false) {
        for _ in 0..<milliseconds / 20 {
            let next = loop.now.advanced(by: .milliseconds(20))
            while let back = phone.nextMark(until: next) {
                loop.now = back.at
                mark(back.name)
            }
            phone.play(until: next)
            loop.now = next
            if frames { frame([UInt8](repeating: 0xFF, count: 160)) } else { timestamp += 20 }
            loop.beat()
        }
    }
}

func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: Base64.encodedByteCount(bytes.count))
    var target = text.mutableSpan
    Base64.encode(bytes.span, into: &target)
    return String(decoding: text, as: UTF8.self)
}

func decoded(_ base64: String) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(base64.utf8.count))
    var target = bytes.mutableSpan
    let count = Base64.decode(base64.utf8.span, into: &target) ?? 0
    return Array(bytes.prefix(count))
}

/// A loop without a thread.
final class VirtualLoop: CallLoop {
    var now = Instant(nanoseconds: 7_000_000_000)
    private var places: [(listener: any CallBeat, sparedUntil: Instant)] = []
    private var timers: [Weak] = []
    /// Beats and timers that somebody got.
    private(set) var turns = 0

    func timer(_ action: @escaping (Instant) -> Void) -> any CallTimer {
        let timer = VirtualTimer(action)
        timers.append(Weak(timer: timer))
        return timer
    }

    func join(_ listener: any CallBeat) {
        leave(listener)
        places.append((listener, .zero))
    }

    func leave(_ listener: any CallBeat) { places.removeAll { $0.listener === listener } }

    var listeners: [any CallBeat] { places.map(\.listener) }

    var timersSet: Int { timers.count { $0.timer?.deadline.instant != nil } }

    func beat() {
        for timer in timers.compactMap(\.timer) where timer.deadline.isReached(at: now) {
            timer.deadline = .never
            timer.action(now)
            turns += 1
        }
        for (listener, sparedUntil) in places where sparedUntil <= now {
            let spared = listener.beat(at: now)
            if let index = places.firstIndex(where: { $0.listener === listener }) { places[index].sparedUntil = spared }
            turns += 1
        }
    }

    private struct Weak {
        weak var timer: VirtualTimer?
    }

    private final class VirtualTimer: CallTimer {
        let action: (Instant) -> Void
        var deadline = Deadline.never

        init(_ action: @escaping (Instant) -> Void) { self.action = action }

        func set(_ deadline: Deadline) { self.deadline = deadline }
    }
}
