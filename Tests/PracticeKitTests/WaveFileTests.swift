import PracticeKit
import Testing

@Suite("WAV files")
struct WaveFileTests {
    private static let tone = Sound.tone(440, for: .milliseconds(100))

    @Test("PCM comes back as it was, at each rate", arguments: [8_000, 16_000, 24_000, 44_100, 48_000])
    func pcm(rate: Int) throws {
        let sound = Sound.tone(440, for: .milliseconds(33), rate: rate)
        #expect(try WaveFile.read(WaveFile.write(sound)) == sound)
    }

    @Test("Mu-law has the header of 58 bytes that it must have, and an odd length is padded")
    func muLaw() throws {
        let sound = Sound(samples: Array(Self.tone.samples[..<161]))
        let file = WaveFile.write(sound, coding: .muLaw)
        #expect(file.count == 58 + 162)
        #expect(Array(file[16..<20]) == [18, 0, 0, 0])
        #expect(try WaveFile.read(file) == MuLaw.decode(MuLaw.encode(sound)))
    }

    @Test("Both channels of a stereo file are mixed")
    func stereo() throws {
        let file = wave(
            format: format(tag: 1, channels: 2, rate: 8_000, bits: 16), data: [100, 0, 44, 1, 0xFF, 0xFF, 1, 0])
        #expect(try WaveFile.read(file).samples == [200, 0])
    }

    @Test("Unknown chunks are passed over, also odd ones, and the long form of the format is understood")
    func otherChunks() throws {
        let tail: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let long = format(tag: 0xFFFE, channels: 1, rate: 16_000, bits: 16) + [22, 0, 16, 0, 4, 0, 0, 0, 1, 0] + tail
        let file = wave(before: chunk("LIST", [1, 2, 3]), format: long, data: [1, 0])
        #expect(try WaveFile.read(file) == Sound(rate: 16_000, samples: [1]))
    }

    @Test("What cannot be used is refused with a reason")
    func refused() {
        let good = WaveFile.write(Self.tone)
        expect(.notWave, [])
        expect(.notWave, Array("not a sound at all".utf8))
        expect(.cutShort(chunk: "RIFF"), Array(good.dropLast()))
        expect(.missing(chunk: "fmt"), riff([]))
        expect(.missing(chunk: "data"), riff(chunk("fmt ", format(tag: 1, channels: 1, rate: 8_000, bits: 16))))
        expect(.malformed("its data comes before its format"), riff(chunk("data", [])))
        expect(
            .unsupported("its coding has the number 3"),
            wave(format: format(tag: 3, channels: 1, rate: 8_000, bits: 32)))
        expect(.unsupported("it has 6 channels"), wave(format: format(tag: 1, channels: 6, rate: 8_000, bits: 16)))
        expect(.unsupported("its rate is 11025 Hz"), wave(format: format(tag: 1, channels: 1, rate: 11_025, bits: 16)))
        expect(
            .unsupported("its samples have 24 bits"), wave(format: format(tag: 1, channels: 1, rate: 8_000, bits: 24)))
        expect(
            .malformed("its data ends inside a sample"),
            wave(format: format(tag: 1, channels: 1, rate: 8_000, bits: 16), data: [1]))
        expect(
            .malformed("its format takes 2 bytes instead of 16 or more"), wave(format: [1, 0]))
        var overlong = good
        overlong[40] = 0xFF
        expect(.cutShort(chunk: "data"), overlong)
    }

    @Test("No cut of a file is taken for a whole one")
    func cuts() {
        let file = WaveFile.write(Sound(samples: [1, 2, 3]), coding: .muLaw)
        for count in 0..<file.count {
            #expect(throws: SoundFileError.self) { try WaveFile.read(Array(file[..<count])) }
        }
    }

    @Test("A file that is not there is said to be missing")
    func missingFile() {
        #expect(throws: SoundFileError.unreadable(path: "no/such.wav", reason: "there is no such file")) {
            try SoundFile.read("no/such.wav")
        }
    }

    private func expect(_ error: SoundFileError, _ file: [UInt8], _ place: SourceLocation = #_sourceLocation) {
        #expect(throws: error, sourceLocation: place) { try WaveFile.read(file) }
    }

    private func wave(before: [UInt8] = [], format: [UInt8], data: [UInt8] = [0, 0]) -> [UInt8] {
        riff(before + chunk("fmt ", format) + chunk("data", data))
    }

    private func riff(_ chunks: [UInt8]) -> [UInt8] { chunk("RIFF", Array("WAVE".utf8) + chunks) }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        Array(name.utf8) + little(content.count, 4) + content + (content.count % 2 == 0 ? [] : [0])
    }

    private func format(tag: Int, channels: Int, rate: Int, bits: Int) -> [UInt8] {
        let block = channels * bits / 8
        return little(tag, 2) + little(channels, 2) + little(rate, 4) + little(rate * block, 4) + little(block, 2)
            + little(bits, 2)
    }

    private func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
