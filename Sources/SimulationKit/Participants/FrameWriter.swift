internal import CarrierWire
internal import PracticeKit

/// Writes a caller's frames: the carrier's own words around the audio, with all that never changes made before.
///
/// A label is nine bytes, so it is twelve characters of base64, and what follows it is always the same. A packet has no
/// room for a label.
struct FrameWriter {
    private let call: Int
    private let manner: CarrierManner
    private let head: [UInt8]
    private let tail: [UInt8]

    init(call: Int, stream: String, manner: CarrierManner) {
        self.call = call
        self.manner = manner
        let (sequence, name) =
            manner.bridge == .twilio ? ("sequenceNumber", "streamSid") : ("sequence_number", "stream_id")
        head = Array("{\"event\":\"media\",\"\(sequence)\":\"".utf8)
        tail = Array("\"},\"\(name)\":\"\(stream)\"}".utf8)
    }

    /// - Parameters:
    ///   - number: The frame's own.
    ///   - sequence: Of the message.
    ///   - milliseconds: Since the stream began.
    func frame(_ number: Int, sequence: Int, at milliseconds: Int, isLoud: Bool) -> [UInt8] {
        message(number, sequence: sequence, at: milliseconds) { text in
            switch manner.heard {
            case .muLaw:
                text += Base64.characters(of: CallerAudio.label(call: call, number: number))
                text += isLoud ? G711Rest.muLaw.loud : G711Rest.muLaw.quiet
            case .aLaw:
                text += Base64.characters(of: G711Rest.aLaw(CallerAudio.label(call: call, number: number)))
                text += isLoud ? G711Rest.aLaw.loud : G711Rest.aLaw.quiet
            case .opus:
                let packet = CallerPackets.packet(number, isLoud: isLoud)
                text += Base64.characters(of: manner.framing == .rtp ? CallerPackets.rtp(number) + packet : packet)
            }
        }
    }

    /// The first one, with other audio.
    func frame(carrying base64: String, sequence: Int) -> [UInt8] {
        message(1, sequence: sequence, at: 0) { $0 += base64.utf8 }
    }

    private func message(
        _ number: Int, sequence: Int, at milliseconds: Int, _ payload: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(400)
        text += head
        text += sequence.description.utf8
        text += "\",\"media\":{\"track\":\"inbound\",\"chunk\":\"".utf8
        text += number.description.utf8
        text += "\",\"timestamp\":\"".utf8
        text += milliseconds.description.utf8
        text += "\",\"payload\":\"".utf8
        payload(&text)
        text += tail
        return text
    }
}

/// What follows a label, as base64.
private struct G711Rest {
    let loud: [UInt8]
    let quiet: [UInt8]

    static let muLaw = G711Rest { $0 }
    static let aLaw = G711Rest(aLaw)

    private init(_ code: ([UInt8]) -> [UInt8]) {
        loud = Base64.characters(of: code(CallerAudio.rest(isLoud: true)))
        quiet = Base64.characters(of: code(CallerAudio.rest(isLoud: false)))
    }

    /// The bytes of a label are told apart in A-law, too.
    static func aLaw(_ bytes: [UInt8]) -> [UInt8] { bytes.map { aLawCodes[Int($0)] } }

    private static let aLawCodes = (0...UInt8.max).map { ALaw.encode(MuLaw.decode($0)) }
}

/// A caller in Opus: the same packets for all of them, made once, as an encoder costs more than all else here.
enum CallerPackets {
    private static let loud = packets(isLoud: true)
    private static let quiet = packets(isLoud: false)
    private static let ticks = 960

    static func packet(_ number: Int, isLoud: Bool) -> [UInt8] {
        let packets = isLoud ? loud : quiet
        return packets[number % packets.count]
    }

    /// What stands in front of it, where packets are those of RTP.
    static func rtp(_ number: Int) -> [UInt8] {
        let time = number * ticks
        return [0x80, 111, UInt8(number >> 8 & 255), UInt8(number & 255)]
            + [24, 16, 8, 0].map { UInt8(time >> $0 & 255) } + [1, 2, 3, 4]
    }

    /// Of a voice that has lasted for a while.
    private static func packets(isLoud: Bool) -> [[UInt8]] {
        let coder = OpusCoder()
        let rest = CallerAudio.rest(isLoud: isLoud)
        let frame = Array(repeating: rest[0], count: CallerAudio.frameBytes - rest.count) + rest
        return Array((0..<70).map { _ in coder.encode(frame) }.suffix(50))
    }
}
