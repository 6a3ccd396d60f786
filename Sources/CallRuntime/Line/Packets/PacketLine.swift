package import CarrierWire
package import MediaCodecs
internal import MediaCore
internal import Timeline

/// The packets of one call: who codes them, and on which thread.
package final class PacketLine {
    /// Nil where that way goes sample by sample.
    let ear: OpusEar?
    let mouth: OpusMouth?
    private let desk: CodecDesk
    private let place: CodecDesk.Place
    private let messageSampleCount: Int
    /// Nil on the loop.
    private(set) var lane: CodecLane?
    /// What was asked of the lane before is not wanted any more.
    private(set) var generation = 0
    /// A packet of the caller's that found no seat.
    struct Waiting {
        let payload: [UInt8]
        let timestamp: Int64?
        let lost: Int
        let arrived: Instant
    }

    /// Behind a stall of the network seconds of packets come at once, and no word of them is to get lost.
    private static let waitingLimit = 256
    private(set) var waiting: [Waiting] = []
    /// How much silence had been put in when the last packet was heard.
    var filled = SampleCount.zero

    /// - Parameters:
    ///   - desk: The loop's.
    ///   - source: A random number, for framings that want one.
    /// - Throws: When the library has no memory for it.
    init(
        _ voice: CarrierVoice, framing: OpusFraming, desk: CodecDesk, source: UInt32
    ) throws(MediaCodecError) {
        var ear: OpusEar?
        var mouth: OpusMouth?
        if case .opus(let rate) = voice.heard { ear = try OpusEar(rate: rate, framing: framing) }
        if case .opus(let rate) = voice.spoken { mouth = try OpusMouth(rate: rate, framing: framing, source: source) }
        self.ear = ear
        self.mouth = mouth
        self.desk = desk
        messageSampleCount = max(voice.heard.format.rate.rawValue, voice.spoken.format.rate.rawValue) * 3 / 25
        place = desk.enter()
    }

    /// One packet a message.
    package convenience init(_ voice: CarrierVoice, on desk: CodecDesk) throws(MediaCodecError) {
        try self.init(voice, framing: .packet, desk: desk, source: 0)
    }

    deinit { desk.leave(place) }

    var hears: Bool { ear != nil }
    var speaks: Bool { mouth != nil }
    /// What is said goes by another thread, and so does whatever has to keep its place among it.
    var speaksAway: Bool { lane != nil && speaks }
    /// What the codec holds back of what it was given to say.
    var delay: SampleCount? { mouth?.delay }

    func attach(_ line: CallLine) {
        guard case .worker(let worker) = place else { return }
        lane = CodecLane(ear: ear, mouth: mouth, on: worker, sampleCount: messageSampleCount) { [weak line] in
            line?.collectPackets()
        }
    }

    /// False when there is no room for it.
    func wait(_ packet: Waiting) -> Bool {
        guard waiting.count < Self.waitingLimit else { return false }
        waiting.append(packet)
        return true
    }

    /// Takes out those that `submit` finds seats for, the first first.
    func takeWaiting(_ submit: (Waiting) -> Bool) {
        guard !waiting.isEmpty else { return }
        waiting.removeFirst(waiting.prefix(while: submit).count)
    }

    /// What was said and is not yet on the wire is not wanted any more.
    func drop() { generation += 1 }

    func close() {
        lane?.close()
        lane = nil
        waiting = []
    }
}
