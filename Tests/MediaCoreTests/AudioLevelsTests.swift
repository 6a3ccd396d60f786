import Testing

@testable import MediaCore

@Suite("Audio levels")
struct AudioLevelsTests {
    private func levels(_ samples: [Int16]) -> AudioLevels {
        var levels = AudioLevels()
        levels.add(samples.span)
        return levels
    }

    @Test("Nothing and silence have no level")
    func silence() {
        #expect(levels([]).rms == 0 && levels([]).rmsDecibels == nil && levels([]).dc == 0)
        #expect(levels([0, 0]).peakDecibels == nil)
    }

    @Test("A full tone is 3 dB below full scale, a square wave at it")
    func decibels() throws {
        let sound = SyntheticSound.tone([1_000], seconds: 1, rate: .hz8000)
        let tone = SyntheticSound.samples(sound, amplitude: 32_767)
        #expect(abs(try #require(levels(tone).rmsDecibels) + 3.01) < 0.01)
        #expect(abs(try #require(levels(tone).peakDecibels)) < 0.01)
        let square = (0..<800).map { $0 % 2 == 0 ? Int16.max : .min }
        #expect(abs(try #require(levels(square).rmsDecibels)) < 0.01)
    }

    @Test("Peak and clipping know both ends of the range")
    func extremes() {
        #expect(levels([0, -32_768, 5]).peak == 32_768)
        #expect(levels([32_124, 32_123, -32_124, -32_768, 0]).clipped == 3)
    }

    @Test("What stands still shows as DC, what swings does not")
    func dc() {
        #expect(levels([100, 300, 100, 300]).dc == 200)
        #expect(levels([-300, 300]).dc == 0)
    }

    @Test("Chunks add up to the whole")
    func chunks() {
        let noise = SyntheticSound.noise(seconds: 0.1, rate: .hz8000, seed: 4)
        let sound = SyntheticSound.samples(noise, amplitude: 9_000)
        var parts = AudioLevels()
        for start in stride(from: 0, to: sound.count, by: 7) {
            parts.add(sound.span.extracting(start..<min(start + 7, sound.count)))
        }
        #expect(parts == levels(sound))
    }
}
