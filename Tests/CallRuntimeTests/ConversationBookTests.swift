import CallCore
import Testing
import Timeline
import UpstreamWire

@testable import CallRuntime

@Suite("Conversation book")
struct ConversationBookTests {
    private static let story = AgentItem(number: 1)

    /// An answer whose words are all there was interrupted, of an upstream that corrects.
    private func interrupted() -> ConversationBook {
        var book = ConversationBook(answered: at(0))
        book.awaitsCorrections = true
        _ = book.take(words("A long story."), at: at(10))
        _ = book.agentBegan(Self.story, at: at(20))
        #expect(book.interrupted(heard: [Self.story], through: nil, at: at(1_200)).isEmpty)
        return book
    }

    @Test("Marks that come back on an interruption do not keep its correction out", arguments: [false, true])
    func correction(marksFirst: Bool) {
        var book = interrupted()
        if marksFirst { #expect(book.heardAll(at: at(1_210)).isEmpty) }
        let turns = book.take(words("A long"), at: at(1_220))
        #expect(turns.map(\.text) == ["A long"] && turns.map(\.wasInterrupted) == [true])
        #expect(book.close(at: at(2_000)).isEmpty)
    }

    @Test(
        "Without a correction the words stand as soon as the conversation goes on, or is over",
        arguments: [false, true])
    func none(goesOn: Bool) {
        var book = interrupted()
        let answer = UpstreamTranscriptPiece(.caller, turn: "2", text: "Stop.", isFinal: true)
        let turns = goesOn ? book.take(answer, at: at(1_500)) : book.close(at: at(1_500))
        #expect(turns.first?.text == "A long story." && turns.count == (goesOn ? 2 : 1))
    }

    private func words(_ text: String) -> UpstreamTranscriptPiece {
        UpstreamTranscriptPiece(.agent, turn: "1", item: Self.story, text: text, isFinal: true)
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
}
