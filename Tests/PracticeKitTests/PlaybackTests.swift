import PracticeKit
import Testing
import Timeline

@Suite("Playback clock")
struct PlaybackTests {
    private let start = Instant.zero.advanced(by: .seconds(1))
    private static let second = [UInt8](repeating: 1, count: 8_000)

    private func at(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    @Test("A mark comes back when the audio before it was heard, to the byte")
    func markAfterAudio() {
        var playback = Playback(origin: start)
        playback.play(Self.second, at: at(100))
        playback.mark("a", at: at(105))
        playback.play(Array(Self.second[..<800]), at: at(500))
        playback.mark("b", at: at(500))
        #expect(playback.nextMark == at(1_100))
        #expect(playback.dueMarks(at: at(1_100).advanced(byNanoseconds: -1)) == [])
        #expect(playback.dueMarks(at: at(1_100)) == ["a"])
        #expect(playback.nextMark == at(1_200))
        #expect(playback.dueMarks(at: at(5_000)) == ["b"])
        #expect(playback.nextMark == nil)
    }

    @Test("A mark with nothing before it comes back at once")
    func markAlone() {
        var playback = Playback(origin: start)
        playback.mark("a", at: at(10))
        #expect(playback.dueMarks(at: at(10)) == ["a"])
        playback.play(Array(Self.second[..<160]), at: at(20))
        playback.mark("b", at: at(60))
        #expect(playback.dueMarks(at: at(60)) == ["b"], "what came before it was heard long ago")
    }

    @Test("Marks come back in the order in which they came, equal names too")
    func markOrder() {
        var playback = Playback(origin: start)
        playback.play(Self.second, at: at(0))
        for name in ["x", "y", "x"] { playback.mark(name, at: at(0)) }
        #expect(playback.dueMarks(at: at(1_000)) == ["x", "y", "x"])
    }

    @Test("Clear stops the sound at that byte and gives back all marks", arguments: [0, 1, 130, 999])
    func clear(milliseconds: Int) {
        var playback = Playback(origin: start)
        playback.play(Self.second, at: at(0))
        playback.mark("a", at: at(0))
        playback.play(Self.second, at: at(0))
        playback.mark("b", at: at(0))
        let cleared = playback.clear(at: at(milliseconds))
        #expect(cleared.marks == ["a", "b"])
        #expect(cleared.droppedBytes == 16_000 - milliseconds * 8)
        #expect(playback.dueMarks(at: at(5_000)) == [])
        #expect(playback.waitingBytes(at: at(milliseconds)) == 0)
        let heard = playback.recording(until: at(2_000))
        #expect(heard.count == 16_000)
        #expect(heard.prefix { $0 == 1 }.count == milliseconds * 8)
        #expect(heard.dropFirst(milliseconds * 8).allSatisfy { $0 == MuLaw.silence })
    }

    @Test("What comes after clear is played at once, and a clear of nothing does nothing")
    func afterClear() {
        var playback = Playback(origin: start)
        let nothing = playback.clear(at: at(0))
        #expect(nothing.droppedBytes == 0 && nothing.marks.isEmpty)
        playback.play(Self.second, at: at(0))
        _ = playback.clear(at: at(200))
        playback.play([2, 2, 2, 2], at: at(200))
        playback.mark("new", at: at(200))
        #expect(playback.nextMark == at(200).advanced(byNanoseconds: 500_000))
        #expect(playback.heard(1_598..<1_606) == [1, 1, 2, 2, 2, 2, MuLaw.silence, MuLaw.silence])
        _ = playback.clear(at: at(200))
        playback.play([3], at: at(300))
        #expect(playback.underruns().isEmpty, "a clear is no gap")
    }

    @Test("Audio that comes late leaves a gap that is found; a pause between two replies is none")
    func underruns() {
        var playback = Playback(origin: start)
        playback.play(Array(Self.second[..<800]), at: at(0))
        playback.play(Array(Self.second[..<800]), at: at(130))
        playback.play(Array(Self.second[..<800]), at: at(230))
        playback.play(Array(Self.second[..<800]), at: at(2_000))
        let gaps = playback.underruns()
        #expect(gaps.map(\.at) == [at(100)])
        #expect(gaps.map(\.lasting) == [.milliseconds(30)])
        #expect(playback.playedBytes(until: at(2_050)) == 2_800)
    }

    @Test("Ten minutes fit into the buffer, and what comes on top is thrown away")
    func capacity() {
        var playback = Playback(origin: start)
        let minutes = [UInt8](repeating: 1, count: Playback.capacity)
        let taken = [
            playback.play(minutes, at: at(0)), playback.play([1], at: at(0)),
            playback.play([1, 1, 1, 1, 1, 1, 1, 1], at: at(1)), playback.play([1], at: at(1)),
        ]
        #expect(taken == [true, false, true, false])
        #expect(playback.discardedBytes == 2)
    }

    @Test(
        "However the audio is cut into messages, the same is heard at the same time",
        arguments: [1, 7, 160, 333, 8_000])
    func pieces(size: Int) {
        let audio = (0..<4_000).map { UInt8($0 % 251) }
        var playback = Playback(origin: start)
        for place in stride(from: 0, to: audio.count, by: size) {
            playback.play(Array(audio[place..<min(place + size, audio.count)]), at: at(40))
        }
        playback.mark("end", at: at(41))
        #expect(playback.nextMark == at(540))
        #expect(playback.heard(320..<4_320) == audio)
    }
}

@Suite("The ear on the line")
struct AgentEarTests {
    private func events(_ sound: Sound) -> [AgentEar.Event] {
        var ear = AgentEar()
        let bytes = MuLaw.encode(sound)
        return stride(from: 0, to: bytes.count, by: 160).compactMap { ear.hear(Array(bytes[$0..<$0 + 160])) }
    }

    @Test("Speech begins at its first loud sample and ends behind its last frame")
    func beginAndEnd() throws {
        var sound = Sound.silence(.milliseconds(110))
        sound.append(.tone(440, for: .milliseconds(400)))
        sound.append(.silence(.milliseconds(490)))
        let events = events(sound)
        #expect(events.count == 2)
        guard case .began(let began)? = events.first, case .ended(let ended)? = events.last else {
            Issue.record("not a beginning and an end")
            return
        }
        #expect((880..<900).contains(began))
        #expect(ended == 4_160, "the frame that holds its end")
    }

    @Test("A short pause ends nothing, a long one does", arguments: [(200, 1), (400, 2)])
    func pauses(milliseconds: Int, beginnings: Int) {
        var sound = Sound.tone(440, for: .milliseconds(400))
        sound.append(.silence(.milliseconds(milliseconds)))
        sound.append(.tone(440, for: .milliseconds(400)))
        let found = events(sound).filter { if case .began = $0 { true } else { false } }
        #expect(found.count == beginnings)
    }

    @Test("Hiss is not speech, and a clear ends what is said at once")
    func hissAndClear() {
        #expect(events(.tone(300, level: -55, for: .seconds(1))).isEmpty)
        var ear = AgentEar()
        #expect(ear.cleared() == nil)
        let frame = Array(MuLaw.encode(.tone(440, for: .milliseconds(200)))[800..<960])
        #expect(ear.hear(frame) != nil)
        #expect(ear.cleared() == .ended(place: 160))
        #expect(ear.hear(frame) == .began(place: 161), "the first sample of the second frame that is loud")
    }

    @Test("A tone is known by its pitch", arguments: [(440.0, true), (441, true), (470, false), (880, false)])
    func tones(pitch: Double, isHeard: Bool) {
        var ear = AgentEar()
        let bytes = MuLaw.encode(.tone(440, for: .milliseconds(200)))
        for place in stride(from: 0, to: bytes.count, by: 160) { _ = ear.hear(Array(bytes[place..<place + 160])) }
        #expect(ear.hearsTone(pitch) == isHeard)
    }
}

@Suite("The caller's way to the bridge")
struct CallerLineTests {
    @Test("What is said goes out frame by frame, then silence")
    func frames() {
        var voice = CallerVoice()
        #expect(voice.nextFrame() == [UInt8](repeating: 0xFF, count: 160))
        voice.say([UInt8](repeating: 5, count: 200))
        #expect(voice.nextFrame() == [UInt8](repeating: 5, count: 160))
        #expect(voice.isSpeaking)
        #expect(voice.nextFrame() == [UInt8](repeating: 5, count: 40) + [UInt8](repeating: 0xFF, count: 120))
        #expect(!voice.isSpeaking)
    }

    @Test("Jitter delays within its limit, keeps the order, and is the same for the same seed")
    func jitter() {
        var road = RoughRoad(seed: 3)
        var twin = RoughRoad(seed: 3)
        let first = [road.departure(of: 0, at: .zero).moment, twin.departure(of: 0, at: .zero).moment]
        #expect(first == [.zero, .zero])
        road.jitter = .milliseconds(30)
        twin.jitter = .milliseconds(30)
        var last = Instant.zero
        for frame in 1...500 {
            let ready = Instant.zero.advanced(by: .milliseconds(20 * frame))
            let departure = road.departure(of: frame, at: ready).moment
            let other = twin.departure(of: frame, at: ready).moment
            #expect(departure == other)
            #expect(departure >= last)
            #expect(ready.duration(to: departure) <= .milliseconds(30))
            last = departure
        }
    }

    @Test("As many frames get lost as were asked for", arguments: [(0.0, 0...0), (0.05, 30...70), (1, 1_000...1_000)])
    func losses(share: Double, expected: ClosedRange<Int>) {
        var road = RoughRoad(seed: 11)
        road.loss = share
        let lost = (0..<1_000).filter { road.departure(of: $0, at: .zero).isLost }
        #expect(expected.contains(lost.count))
    }
}
