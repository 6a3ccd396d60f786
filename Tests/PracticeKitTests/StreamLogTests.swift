import JSONWire
import PracticeKit
import Testing
import Timeline

@Suite("A call's report")
struct StreamLogTests {
    private let start = Instant.zero.advanced(by: .seconds(1))

    private func at(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    /// A greeting, a question, an answer that is interrupted at 4 s and cleared 40 ms later, and what follows.
    private func report(oldAudio: Duration = .zero) -> StreamReport {
        var log = StreamLog(stream: "MZ1", at: start)
        var playback = Playback(origin: start)
        let greeting = MuLaw.encode(.tone(440, for: .seconds(1)))
        playback.play(greeting, at: at(0))
        log.agentBegan(at: at(0))
        log.agentEnded(at: at(1_000))
        log.callerBegan(at: at(1_500))
        log.callerEnded(at: at(2_500))
        playback.play(MuLaw.encode(.tone(500, for: .seconds(5))), at: at(3_000))
        log.agentBegan(at: at(3_000))
        log.callerBegan(at: at(4_000))
        let cleared = playback.clear(at: at(4_040))
        log.cleared(at: at(4_040), droppedBytes: cleared.droppedBytes, marks: 2)
        log.agentEnded(at: at(4_040))
        playback.play(MuLaw.encode(.tone(500, for: oldAudio)), at: at(4_200))
        log.callerEnded(at: at(5_000))
        return log.finish(playback, StreamReport.End(by: .caller, code: 1_000, reason: ""), at: at(6_000))
    }

    @Test("Turns, interruption and what was heard are told to the millisecond")
    func facts() throws {
        let report = report()
        #expect(report.turns.map(\.response) == [.milliseconds(500), nil])
        let interruption = try #require(report.interruptions.first)
        #expect(report.interruptions.count == 1 && interruption.at == .seconds(4))
        #expect(interruption.clear == .milliseconds(40) && interruption.audioAfterClear == .zero)
        #expect(interruption.dropped == .milliseconds(3_960))
        #expect(report.marksCleared == 2 && report.clears == 1 && report.gaps.isEmpty)
        #expect(report.bytesPlayed == 8_000 + 8 * 1_040)
        #expect(report.duration == .seconds(6) && report.recording.count == 48_000)
        let pitches = report.utterances.map { ($0.pitch ?? 0).rounded() }
        #expect(pitches == [440, 500])
    }

    @Test("Audio of the old reply after the clear is measured")
    func oldAudio() {
        let heard = report(oldAudio: .milliseconds(300)).interruptions.first?.audioAfterClear
        #expect(heard.map { abs($0.inSeconds - 0.3) < 0.02 } == true)
    }

    @Test("A spread names the middle, the 95th of a hundred and the ends")
    func spread() throws {
        let spread = try #require(RunReport.Spread((1...100).reversed().map { .milliseconds($0) }))
        #expect(spread.count == 100 && spread.least == .milliseconds(1) && spread.most == .milliseconds(100))
        #expect(spread.median == .milliseconds(50) && spread.p95 == .milliseconds(95))
        #expect(RunReport.Spread([]) == nil)
    }

    @Test("The document of a run without calls is JSON with all its keys")
    func emptyRun() throws {
        let text = RunReport(seed: 1 << 53, calls: [], duration: .seconds(1)).json
        let object = try JSONObject(parsing: text.utf8.span)
        #expect(object.members.map(\.name) == ["ok", "seed", "calls", "total"])
        #expect(try object.integer("seed") == 1 << 53)
        let total = try object.object("total")
        #expect(try total.integer("duration_ms") == 1_000)
        #expect(total["response_ms"] == .null)
    }
}
