import Testing

@testable import PracticeKit

@Suite("Practice audio on the line")
struct LineCoderTests {
    private let frame = MuLaw.encode(Sound.tone(440, for: .milliseconds(20)))

    @Test("Mu-law goes as it is")
    func muLaw() {
        let coder = LineCoder(.muLaw)
        #expect(coder.encode(frame) == frame)
        #expect(coder.decode(frame) == frame)
    }

    @Test("A-law comes back as what it stands for")
    func aLaw() throws {
        let coder = LineCoder(.aLaw)
        let coded = coder.encode(frame)
        #expect(coded == frame.map { ALaw.encode(MuLaw.decode($0)) })
        #expect(coded != frame)
        let heard = MuLaw.decode(try #require(coder.decode(coded))).samples
        for (one, other) in zip(heard, MuLaw.decode(frame).samples) {
            #expect(abs(Int(one) - Int(other)) <= max(16, abs(Int(other)) / 16))
        }
    }

    @Test("Opus makes a small packet of a frame, and a frame of a packet")
    func opus() throws {
        let coder = LineCoder(.opus)
        let packet = coder.encode(frame)
        #expect((3..<160).contains(packet.count))
        #expect(try #require(coder.decode(packet)).count == frame.count)
        #expect(coder.decode([]) == nil)
    }
}
