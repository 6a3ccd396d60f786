import PracticeKit
import Testing

@Suite("Practice sounds")
struct SoundTests {
    private static let rates = [8_000, 16_000, 24_000]

    @Test("A tone has the pitch and the level that were asked for", arguments: rates, [220.0, 997, 1_500])
    func tone(rate: Int, pitch: Double) throws {
        let tone = Sound.tone(pitch, level: -18, for: .seconds(1), rate: rate)
        #expect(tone.samples.count == rate)
        #expect(abs(try #require(tone.pitch) / pitch - 1) < 0.001)
        let middle = tone.part(from: .milliseconds(100), to: .milliseconds(900))
        #expect(abs(middle.level + 18) < 0.1)
        #expect(abs(middle.level(ofTone: pitch) + 18) < 0.1)
        #expect(middle.level(ofTone: pitch * 1.3) < -50)
    }

    @Test("A tone through the telephone's code keeps pitch and level, and does not click", arguments: [440.0, 997])
    func codedTone(pitch: Double) throws {
        let heard = MuLaw.decode(MuLaw.encode(.tone(pitch, for: .seconds(1))))
        #expect(abs(try #require(heard.pitch) / pitch - 1) < 0.001)
        #expect(abs(heard.part(from: .milliseconds(50), to: .milliseconds(950)).level + 12) < 0.2)
        #expect(heard.clicks(inTone: pitch).isEmpty)
        #expect(heard.gaps().isEmpty)
    }

    @Test("A frame lost, doubled, cut or silenced in a tone is found", arguments: [441.3, 1_017.3])
    func faults(pitch: Double) {
        let tone = MuLaw.decode(MuLaw.encode(.tone(pitch, for: .seconds(1))))
        var lost = tone
        lost.samples.removeSubrange(3_200..<3_360)
        #expect(lost.clicks(inTone: pitch).contains { (3_200...3_202).contains($0) })
        var doubled = tone
        doubled.samples.insert(contentsOf: tone.samples[3_200..<3_360], at: 3_360)
        #expect(doubled.clicks(inTone: pitch).contains { (3_360...3_362).contains($0) })
        let cut = Sound(samples: Array(tone.samples[..<4_001])).appending(.silence(.milliseconds(50)))
        #expect(cut.clicks(inTone: pitch).isEmpty == false)
        var silenced = tone
        for index in 3_200..<3_360 { silenced.samples[index] = 0 }
        #expect(silenced.gaps(atLeast: .milliseconds(20)) == [3_200..<3_360])
    }

    @Test("Speech has its pitch, its level and no silence inside", arguments: [90.0, 220], [1, 2] as [UInt64])
    func speech(pitch: Double, seed: UInt64) throws {
        let speech = Sound.speech(pitch: pitch, level: -20, for: .milliseconds(800), seed: seed)
        #expect(speech == Sound.speech(pitch: pitch, level: -20, for: .milliseconds(800), seed: seed))
        #expect(speech != Sound.speech(pitch: pitch, level: -20, for: .milliseconds(800), seed: seed + 1))
        #expect(abs(try #require(speech.pitch) / pitch - 1) < 0.001)
        #expect(abs(speech.level + 20) < 0.5)
        #expect(speech.voiced(above: -45, pause: .zero).count == 1)
        #expect(try #require(MuLaw.decode(MuLaw.encode(speech)).pitch).rounded() == pitch)
    }

    @Test("Noise and silence have no pitch")
    func noPitch() {
        var random = SeededRandom(seed: 7)
        let noise = Sound(samples: (0..<8_000).map { _ in Int16(truncatingIfNeeded: random.below(8_000) - 4_000) })
        #expect(noise.pitch == nil)
        #expect(Sound.silence(.seconds(1)).pitch == nil)
        #expect(Sound.silence(.seconds(1)).level == Sound.noLevel)
        #expect(Sound().level == Sound.noLevel)
    }

    @Test("One sees when a tone came and when it went")
    func presence() {
        var sound = Sound.silence(.milliseconds(100))
        sound.append(.tone(440, for: .milliseconds(200)))
        sound.append(.tone(600, for: .milliseconds(100)))
        #expect(sound.presence(ofTone: 440) == (0..<20).map { (5..<15).contains($0) })
        #expect(sound.presence(ofTone: 600) == (0..<20).map { $0 >= 15 })
        #expect(sound.voiced() == [800..<3_200])
    }

    @Test("Resampling keeps pitch, level and time", arguments: [8_000, 16_000, 24_000, 44_100, 48_000], rates)
    func resampling(from: Int, to: Int) throws {
        let tone = Sound.tone(997, for: .milliseconds(500), rate: from, ramp: .milliseconds(20))
        let other = tone.resampled(to: to)
        #expect(other.samples.count == to / 2 && other.rate == to)
        #expect(abs(try #require(other.pitch) / 997 - 1) < 0.001)
        let middle = other.part(from: .milliseconds(100), to: .milliseconds(400))
        #expect(abs(middle.level + 12) < 0.1)
        #expect(middle.clicks(inTone: 997, tolerance: 0.02).isEmpty)
        let expected = Sound.tone(997, for: .milliseconds(500), rate: to, ramp: .milliseconds(20))
        let worst = zip(middle.samples, expected.part(from: .milliseconds(100)).samples).map { abs(Int($0) - Int($1)) }
            .max()
        #expect(try #require(worst) < 60, "it is neither late nor early")
    }

    @Test("What the new rate cannot hold is taken out, not folded down")
    func aliasing() {
        let high = Sound.tone(6_000, for: .seconds(1), rate: 24_000).resampled(to: 8_000)
        #expect(high.part(from: .milliseconds(100), to: .milliseconds(900)).level < -75)
    }
}

extension Sound {
    func appending(_ other: Sound) -> Sound {
        var joined = self
        joined.append(other)
        return joined
    }
}
