import CarrierWire
import Testing
import Timeline

@Suite("Order of audio messages")
struct ChunkOrderTests {
    /// What goes on, in its order: the numbers, and a minus for each that is given up.
    private static func run(_ arrivals: [(chunk: Int64?, at: Int64)], beats: Int64 = 400) throws -> String {
        var order = ChunkOrder()
        var out: [String] = []
        func drain(at now: Instant) {
            while let (kept, lost) = order.next(at: now) {
                out += Array(repeating: "-", count: lost) + ["\(kept.audio[0])"]
            }
        }
        var waiting = arrivals[...]
        for time in stride(from: 0 as Int64, through: beats, by: 10) {
            let now = Instant(nanoseconds: time * 1_000_000)
            while let first = waiting.first, first.at <= time {
                waiting.removeFirst()
                let bytes = [UInt8(truncatingIfNeeded: first.chunk ?? 0)]
                switch order.arrived(try media(first.chunk), audio: bytes.span, at: now) {
                case .next: out.append("\(bytes[0])")
                case .early: break
                case .late: out.append("x\(bytes[0])")
                }
                drain(at: now)
            }
            drain(at: now)
        }
        return out.joined(separator: " ")
    }

    private static func media(_ chunk: Int64?) throws -> CarrierMedia {
        let number = chunk.map { #","chunk":"\#($0)""# } ?? ""
        let text = Array(#"{"event":"media","media":{"payload":""\#(number)}}"#.utf8)
        guard case .media(let media) = try TelnyxMessage.read(text.span) else { throw Unexpected(text) }
        return media
    }

    @Test(
        "What overtakes waits for what it overtook, and what never comes is given up",
        arguments: [
            ([1, 2, 3], "1 2 3"), ([7, 8, 9], "7 8 9"), ([1, 3, 2, 4], "1 2 3 4"), ([1, 4, 3, 2, 5], "1 2 3 4 5"),
            ([1, 3, 4, 5, 6, 7], "1 - 3 4 5 6 7"), ([1, 3, 3, 2, 2], "1 x3 2 3 x2"),
            ([1, 3, 4, 5, 6, 2], "1 - 3 4 5 6 x2"), ([1, 1, 2], "1 x1 2"), ([2, 1, 3], "2 x1 3"),
            ([1, 4, 5, 6, 7], "1 - - 4 5 6 7"), ([200, 201, 1, 2], "200 201 x1 x2"),
        ] as [([Int64], String)])
    func orders(chunks: [Int64], expected: String) throws {
        #expect(try Self.run(chunks.enumerated().map { ($1, Int64($0) * 10) }) == expected)
    }

    @Test("What waits is let go after 60 ms, though nothing else comes")
    func patience() throws {
        #expect(try Self.run([(1, 0), (3, 20)], beats: 70) == "1")
        #expect(try Self.run([(1, 0), (3, 20)], beats: 80) == "1 - 3")
        #expect(try Self.run([(1, 0), (3, 20), (5, 70)], beats: 100) == "1 - 3")
    }

    @Test("A count that begins anew is followed, and messages without numbers pass")
    func anew() throws {
        #expect(try Self.run([(1_000, 0), (1_001, 10), (1, 20), (2, 30)]) == "232 233 1 2")
        #expect(try Self.run([(nil, 0), (nil, 10), (5, 20), (nil, 30), (6, 40)]) == "0 0 5 0 6")
        #expect(try Self.run([(Int64.max, 0), (1, 10), (2, 20)]) == "255 1 2")
        #expect(try Self.run([(1, 0), (3, 10), (9_000, 20), (9_001, 30)]) == "1 40 41")
    }

    @Test("Any order within the window comes out whole and sorted")
    func everyShuffle() throws {
        func permutations(_ rest: [Int64]) -> [[Int64]] {
            guard rest.count > 1 else { return [rest] }
            return rest.indices.flatMap { index in
                var left = rest
                let first = left.remove(at: index)
                return permutations(left).map { [first] + $0 }
            }
        }
        for shuffle in permutations([2, 3, 4, 5]) {
            let arrivals = ([1] + shuffle + [6]).enumerated().map { ($1, Int64($0) * 10) }
            #expect(try Self.run(arrivals) == "1 2 3 4 5 6", "\(shuffle)")
        }
    }
}

@Suite("Framing of Opus in messages")
struct OpusFramingTests {
    @Test("A bare packet is all of a message; RTP's head is passed over")
    func packets() {
        let packet: [UInt8] = [0x78, 1, 2, 3]
        let bare = OpusFraming.packet.packet(in: packet.span)
        #expect(bare == 0..<4)
        var header = RTPHeader(payloadType: 111, source: 0xAABB_CCDD)
        for sequence in 0..<3 {
            var message = [UInt8](repeating: 0, count: 12) + packet
            var span = message.mutableSpan
            header.writeNext(lasting: 960, into: &span)
            #expect(message[0] == 0x80 && message[1] == 111 && message[3] == UInt8(sequence))
            #expect(Int(message[6]) << 8 + Int(message[7]) == 960 * sequence)
            #expect(Array(message[8..<12]) == [0xAA, 0xBB, 0xCC, 0xDD])
            let place = OpusFraming.rtp.packet(in: message.span)
            #expect(place == 12..<16)
        }
    }

    @Test(
        "Sources, extensions and padding are passed over, and what does not fit is no RTP",
        arguments: [
            ([0x82] + Array(repeating: 0, count: 11) + Array(repeating: 9, count: 8) + [7], 20..<21),
            ([0x90] + Array(repeating: 0, count: 11) + [0, 0, 0, 1, 9, 9, 9, 9, 7, 8], 20..<22),
            ([0xA0] + Array(repeating: 0, count: 11) + [7, 8, 0, 2], 12..<14),
            ([0xA0] + Array(repeating: 0, count: 11) + [7, 200], nil),
            ([0x90] + Array(repeating: 0, count: 11) + [0, 0, 0xFF, 0xFF], nil),
            ([0x90] + Array(repeating: 0, count: 11) + [0, 0], nil), ([0x8F] + Array(repeating: 0, count: 20), nil),
            ([0x00] + Array(repeating: 0, count: 20), nil), ([0x80], nil), ([], nil),
        ] as [([UInt8], Range<Int>?)])
    func odd(message: [UInt8], place: Range<Int>?) {
        let found = OpusFraming.rtp.packet(in: message.span)
        #expect(found == place)
    }
}
