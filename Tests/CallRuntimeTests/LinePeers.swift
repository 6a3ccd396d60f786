import CallCore
import CarrierWire
import JSONWire
import MediaCore
import Timeline
import UpstreamWire

@testable import CallRuntime

/// The carrier as Twilio is: plays 8,000 bytes a second, sends marks back when it comes to them, and on `clear` all at once.
final class Phone: CallSocket {
    private enum Entry {
        case audio([UInt8])
        case mark(String)
    }

    var owner: CarrierEnd?
    /// What `send` answers. A slow peer takes it all the same.
    var answer = CallSocketSent.sent
    private var queue: [Entry] = []
    private let loop: VirtualLoop
    private var clock: Instant
    private(set) var heard: [UInt8] = []
    private(set) var messages: [String] = []
    private(set) var clears = 0
    private(set) var longestQueue = 0
    /// Times that it fell silent with more to come.
    private(set) var silences = 0
    private var isSilent = true

    init(loop: VirtualLoop) {
        self.loop = loop
        clock = loop.now
    }

    var queued: Int {
        queue.reduce(0) { sum, entry in
            if case .audio(let bytes) = entry { sum + bytes.count } else { sum }
        }
    }

    func send(text: Span<UInt8>) -> CallSocketSent {
        guard let message = try? JSONObject(parsing: text), let event = try? message.string("event") else {
            messages.append("unreadable")
            return answer
        }
        messages.append(event)
        switch event {
        case "media":
            let bytes = decoded((try? message.object("media").string("payload")) ?? "")
            if isSilent, !heard.isEmpty { silences += 1 }
            if isSilent { clock = loop.now }
            isSilent = false
            queue.append(.audio(bytes))
            longestQueue = max(longestQueue, queued)
        case "mark": queue.append(.mark((try? message.object("mark").string("name")) ?? ""))
        case "clear":
            clears += 1
            queue = queue.filter { if case .mark = $0 { true } else { false } }
            isSilent = true
        default: break
        }
        return answer
    }

    /// Plays up to the next mark, if that comes before `end`.
    func nextMark(until end: Instant) -> (name: String, at: Instant)? {
        var now = clock
        while let first = queue.first {
            switch first {
            case .mark(let name):
                queue.removeFirst()
                clock = now
                return (name, now)
            case .audio(let bytes):
                let rest = now.nanoseconds(to: end)
                let count = min(bytes.count, Int(max(0, rest) / 125_000))
                heard += bytes.prefix(count)
                now = now.advanced(byNanoseconds: Int64(count) * 125_000)
                if count < bytes.count {
                    queue[0] = .audio(Array(bytes.dropFirst(count)))
                    clock = now
                    return nil
                }
                queue.removeFirst()
            }
        }
        clock = now
        return nil
    }

    func play(until end: Instant) {
        _ = nextMark(until: end)
        if queue.isEmpty { isSilent = true }
        clock = end
    }

    func close(code: UInt16, reason: String) {}
    func kill() {}
    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}
}

/// The upstream's end of the socket: collects what the caller said.
final class UpstreamPeer: CallSocket {
    var answer = CallSocketSent.sent
    private(set) var pieces: [[UInt8]] = []
    private(set) var types: [String] = []
    private(set) var events: [JSONObject] = []

    var heard: [UInt8] { pieces.flatMap { $0 } }

    func send(text: Span<UInt8>) -> CallSocketSent {
        guard answer != .full, let event = try? JSONObject(parsing: text) else { return answer }
        if let audio = (try? event.optionalString("audio") ?? event.optionalString("user_audio_chunk")) ?? nil {
            pieces.append(decoded(audio))
        } else {
            types.append((try? event.string("type")) ?? "")
            events.append(event)
        }
        return answer
    }

    func close(code: UInt16, reason: String) {}
    func kill() {}
    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}
}

/// Does what a call does with what is not audio, and remembers it.
final class LineNotes: LineListener {
    unowned var line: CallLine!
    var began: [Int] = []
    var overflows: [Milliseconds] = []
    var dropped: [Milliseconds] = []
    var milestones = 0
    var mismatches: [AudioFormat.Encoding] = []
    var oddMarks: [PlayoutLedger.Acknowledgement?] = []
    var misspoken: [CarrierError] = []
    var upstreamMisspoken: [String] = []
    var foreign = 0
    var firstAudio = 0
    var playoutEnds = 0
    var timesHeardAll = 0
    var cuts: [PlayoutCut] = []

    func carrierOpened() {}
    func carrierSaid(_ message: CarrierMessage) {}
    func carrierMisspoke(_ error: CarrierError) { misspoken.append(error) }
    func carrierSaidForeign() { foreign += 1 }
    func carrierEnded(_ end: CallSocketEnd) {}
    func carrierSentBinary() {}
    func upstreamOpened() { take(line.sessionOpened()) }
    func upstreamSaid(_ output: UpstreamOutput) { take(output.events) }
    func upstreamMisspoke(_ code: String, _ message: String) { upstreamMisspoken.append(code) }
    func upstreamEnded(_ end: CallSocketEnd) {}
    func standInOpened() {}
    func standInSaid(_ events: [UpstreamEvent]) {}
    func firstCallerAudio() { firstAudio += 1 }
    func agentBegan(_ item: AgentItem) { began.append(item.number) }
    func agentOverflowed(dropped: Milliseconds) { overflows.append(dropped) }
    func agentAudioDropped(_ all: Milliseconds) { dropped.append(all) }
    func agentAudioIsNot(_ promised: AudioFormat, but found: AudioFormat.Encoding) { mismatches.append(found) }
    func markReturned(_ name: String, as acknowledgement: PlayoutLedger.Acknowledgement?) {
        oddMarks.append(acknowledgement)
    }
    func heardAll() { timesHeardAll += 1 }
    func milestoneHeard() { milestones += 1 }
    func playoutEnded() { playoutEnds += 1 }

    private func take(_ events: [UpstreamEvent]) {
        for event in events {
            switch event {
            case .ready(let ready):
                try? line.adopt(ready.formats)
                line.openUpstream()
            case .agentAudio(let item, let bytes): line.takeAudio(bytes, of: item)
            case .agentAudioEnded(let item): line.agentAudioEnded(item)
            case .interrupted(let last): interrupt(through: last)
            default: break
            }
        }
    }

    private func interrupt(through last: AgentItem?) {
        cuts = line.interrupt(at: line.loop.now, through: last)
        var cut = UpstreamCut()
        for piece in cuts {
            guard let item = line.item(of: piece) else { continue }
            switch piece.correction {
            case .none: break
            case .truncate(let place): cut.audible = UpstreamCut.Audible(item, heard: place)
            case .remove: cut.unheard.append(item)
            }
        }
        line.forgetItems(through: last)
        take(line.perform(.interrupt(cut)))
    }
}
