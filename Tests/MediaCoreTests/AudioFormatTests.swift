import Testing

@testable import MediaCore

@Suite("Audio formats and times")
struct AudioFormatTests {
    @Test("20 ms are a whole number of samples at every rate", arguments: SampleRate.allCases)
    func frames(rate: SampleRate) {
        #expect(rate.samplesPerFrame == rate.samples(in: Milliseconds(20)))
        #expect(rate.samplesPerFrame.rawValue * 50 == rate.rawValue)
        #expect(rate.nanoseconds(of: rate.samplesPerFrame) == 20_000_000)
    }

    @Test("Milliseconds come back from samples as they were", arguments: SampleRate.allCases)
    func milliseconds(rate: SampleRate) {
        for count in Array(-50...3_000) + [86_400_000, 1 << 40] {
            let samples = rate.samples(in: Milliseconds(count))
            #expect(rate.milliseconds(of: samples) == Milliseconds(count))
            #expect((samples.rawValue - 1) * 1_000 < count * rate.rawValue, "one sample fewer is too short")
        }
    }

    @Test("A time in nanoseconds and its samples agree to the sample", arguments: SampleRate.allCases)
    func nanoseconds(rate: SampleRate) {
        for count in Array(0...2_000) + [rate.rawValue * 86_400 + 1] {
            let time = rate.nanoseconds(of: SampleCount(count))
            #expect(rate.samples(inNanoseconds: time) == SampleCount(count))
            #expect(rate.samples(inNanoseconds: time - 1) == SampleCount(count == 0 ? 0 : count - 1))
        }
        #expect(rate.samples(inNanoseconds: .max) > .zero)
    }

    @Test("Positions of one rate map to another without drift", arguments: SampleRate.allCases)
    func positions(rate: SampleRate) {
        for other in SampleRate.allCases {
            for second in [0, 1, 59, 3_600] {
                let position = rate.position(SampleCount(second * rate.rawValue), at: other)
                #expect(position == SampleCount(second * other.rawValue))
            }
        }
        #expect(SampleRate.hz24000.position(SampleCount(5), at: .hz8000) == SampleCount(1))
        #expect(SampleRate.hz44100.position(SampleCount(441), at: .hz8000) == SampleCount(80))
    }

    @Test(
        "A frame has the bytes that its format says",
        arguments: [
            (AudioFormat.muLaw8k, 160), (.aLaw8k, 160), (.pcm16(.hz8000), 320), (.pcm16(.hz16000), 640),
            (.pcm16(.hz22050), 882), (.pcm16(.hz24000), 960), (.pcm16(.hz44100), 1_764), (.pcm16(.hz48000), 1_920),
        ])
    func bytes(format: AudioFormat, bytes: Int) {
        #expect(format.bytesPerFrame == ByteCount(bytes))
        #expect(format.milliseconds(of: ByteCount(bytes)) == Milliseconds(20))
        #expect(format.bytes(in: Milliseconds(20)) == ByteCount(bytes))
    }

    @Test("An odd byte of PCM is left over, not lost")
    func oddByte() {
        let (count, rest) = AudioFormat.pcm16(.hz24000).samples(in: ByteCount(961))
        #expect(count == SampleCount(480))
        #expect(rest == ByteCount(1))
        #expect(AudioFormat.muLaw8k.samples(in: ByteCount(961)).rest == .zero)
    }

    @Test("What a peer claims cannot overflow", arguments: [Int.min, Int.max])
    func extremes(claimed: Int) {
        let time = Milliseconds(claimed)
        #expect(abs(time.rawValue) == 1 << 40)
        #expect(Milliseconds(claimed) + time - Milliseconds.zero == time)
        #expect(SampleRate.hz48000.milliseconds(of: SampleRate.hz48000.samples(in: time)) == time)
    }
}
