import Testing

@testable import MediaCore

@Suite("Detector of the wrong format")
struct FormatDetectorTests {
    private static let encodings = AudioFormat.Encoding.allCases
    private static let amplitudes = [30_000.0, 12_000, 4_000, 1_200]

    /// How many bytes it took to find the wrong encoding; nil if it did not.
    private func bytesToFind(_ bytes: [UInt8], promised: AudioFormat.Encoding, chunk: Int = 640) -> Int? {
        var detector = FormatDetector(promised: promised)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let end = min(start + chunk, bytes.count)
            if detector.inspect(bytes.span.extracting(start..<end)) { return end }
        }
        return nil
    }

    private func bytes(of sound: [Double], _ amplitude: Double, as encoding: AudioFormat.Encoding) -> [UInt8] {
        SyntheticSound.bytes(of: SyntheticSound.samples(sound, amplitude: amplitude), as: encoding)
    }

    @Test("Speech in the promised encoding is never suspected", arguments: encodings, 0..<4 as Range<UInt64>)
    func promisedSpeech(encoding: AudioFormat.Encoding, seed: UInt64) {
        let rates: [SampleRate] = encoding == .pcm16 ? [.hz8000, .hz16000, .hz24000] : [.hz8000]
        for rate in rates {
            let sound = SyntheticSound.speech(seconds: 3, rate: rate, seed: seed)
            for amplitude in Self.amplitudes + [90_000, 300] {
                let bytes = self.bytes(of: sound, amplitude, as: encoding)
                #expect(bytesToFind(bytes, promised: encoding) == nil, "\(rate) \(amplitude)")
            }
        }
    }

    @Test("Tones in the promised encoding are never suspected", arguments: encodings)
    func promisedTones(encoding: AudioFormat.Encoding) {
        let single = stride(from: 25.0, through: 4_000, by: 175).map { [$0] }
        for frequencies in single + [[2_000], [1_000], [697, 1_209], [941, 1_633], [440, 480], [350, 440]] {
            for (amplitude, phase) in [(32_000.0, 0.0), (8_000, 0.7), (500, 1.6)] {
                let sound = SyntheticSound.tone(frequencies, seconds: 1, rate: .hz8000, phase: phase)
                let bytes = self.bytes(of: sound, amplitude, as: encoding)
                #expect(bytesToFind(bytes, promised: encoding) == nil, "\(frequencies) \(amplitude)")
            }
        }
    }

    @Test("A square wave is never suspected, though both bytes of each sample be alike", arguments: [1, 2, 3, 50])
    func promisedSquare(period: Int) {
        let square = (0..<8_000).flatMap { [UInt8](repeating: $0 / period % 2 == 0 ? 0x41 : 0xBE, count: 2) }
        #expect(bytesToFind(square, promised: .pcm16) == nil)
    }

    @Test("Noise and silence in the promised encoding are never suspected", arguments: encodings)
    func promisedNoise(encoding: AudioFormat.Encoding) {
        for amplitude in [0, 1, 2, 4, 8, 20, 50, 100, 300, 1_000, 5_000, 15_000, 60_000] as [Double] {
            let sound = SyntheticSound.noise(seconds: 3, rate: .hz8000, seed: UInt64(amplitude))
            let bytes = self.bytes(of: sound, amplitude, as: encoding)
            #expect(bytesToFind(bytes, promised: encoding) == nil, "\(amplitude)")
        }
        let silence = [UInt8](repeating: encoding == .pcm16 ? 0 : 0xFF, count: 20_000)
        #expect(bytesToFind(silence, promised: encoding) == nil)
    }

    @Test(
        "PCM where G.711 was agreed is found within a second of speech",
        arguments: [SampleRate.hz8000, .hz16000, .hz24000], 0..<4 as Range<UInt64>)
    func unpromisedPCM(rate: SampleRate, seed: UInt64) {
        let sound = SyntheticSound.speech(seconds: 2, rate: rate, seed: seed)
        for amplitude in Self.amplitudes {
            let bytes = self.bytes(of: sound, amplitude, as: .pcm16)
            let found = bytesToFind(bytes, promised: .muLaw)
            #expect(found ?? .max <= 2 * rate.rawValue, "\(amplitude)")
            #expect(bytesToFind(Array(bytes.dropFirst()), promised: .aLaw) != nil, "at an odd place, \(amplitude)")
        }
    }

    @Test("PCM that is too quiet or too loud for its bytes to look different is found by how they change")
    func unpromisedExtremes() {
        let quiet = SyntheticSound.noise(seconds: 1, rate: .hz24000, seed: 1)
        #expect(bytesToFind(bytes(of: quiet, 30, as: .pcm16), promised: .muLaw) != nil)
        let loud = SyntheticSound.tone([440, 1_237], seconds: 1, rate: .hz24000)
        #expect(bytesToFind(bytes(of: loud, 32_000, as: .pcm16), promised: .muLaw) != nil)
    }

    @Test("Digital silence of PCM where G.711 was agreed is found, for it is a loud click")
    func unpromisedSilence() {
        #expect(bytesToFind([UInt8](repeating: 0, count: 8_000), promised: .muLaw) == 6_400)
    }

    @Test(
        "G.711 where PCM was agreed is found within three seconds of speech",
        arguments: [AudioFormat.Encoding.muLaw, .aLaw], 0..<4 as Range<UInt64>)
    func unpromisedG711(encoding: AudioFormat.Encoding, seed: UInt64) {
        let sound = SyntheticSound.speech(seconds: 4, rate: .hz8000, seed: seed)
        for amplitude in Self.amplitudes {
            let bytes = self.bytes(of: sound, amplitude, as: encoding)
            #expect(bytesToFind(bytes, promised: .pcm16) ?? .max <= 24_000, "\(amplitude)")
        }
    }

    @Test("A finding comes once, whatever the chunks", arguments: [1, 7, 160, 1_999, 2_000, 2_001, 50_000])
    func chunks(chunk: Int) {
        let sound = SyntheticSound.speech(seconds: 1, rate: .hz24000, seed: 1)
        let bytes = self.bytes(of: sound, 12_000, as: .pcm16)
        var detector = FormatDetector(promised: .muLaw)
        var findings = 0
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            if detector.inspect(bytes.span.extracting(start..<min(start + chunk, bytes.count))) { findings += 1 }
        }
        #expect(findings == 1)
        let found = detector.found
        #expect(found == .pcm16)
    }

    @Test("It goes on looking, though less often: a format that changes later is found, too")
    func laterChange() {
        let speech = SyntheticSound.speech(seconds: 20, rate: .hz8000, seed: 3)
        let before = bytes(of: speech, 12_000, as: .muLaw)
        let after = bytes(of: speech, 12_000, as: .pcm16)
        let found = bytesToFind(before + after, promised: .muLaw) ?? .max
        #expect(before.count < found && found < before.count + 150_000)
    }
}
