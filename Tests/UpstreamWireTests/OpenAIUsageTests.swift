import Testing
import UpstreamWire

@Suite("OpenAI usage and cost")
struct OpenAIUsageTests {
    private let example = #"""
        {"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":119,
        "audio_tokens":13,"image_tokens":0,"cached_tokens":64,"cached_tokens_details":{"text_tokens":64,
        "audio_tokens":0,"image_tokens":0}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}
        """#

    @Test("The vendor's example costs what the price page makes of it")
    func cost() throws {
        let usage = try usage(example)
        #expect(usage.textIn == .init(all: 119, cached: 64))
        #expect(usage.audioIn == .init(all: 13))
        #expect(usage.textOut == 30)
        #expect(usage.audioOut == 91)
        #expect(usage.responses == 1)
        let prices = try #require(UpstreamPrices.openAI(model: "gpt-realtime-2.1"))
        #expect(abs(prices.cost(of: usage) - 0.0072056) < 1e-12)
    }

    @Test(
        "Missing parts count as nothing, and cached tokens of no kind as text",
        arguments: [
            ("{}", 0, 0, 0, 0), ("null", 0, 0, 0, 0), (#"{"input_tokens":7,"output_tokens":3}"#, 7, 0, 0, 3),
            (#"{"input_token_details":{"text_tokens":10,"audio_tokens":5,"cached_tokens":4}}"#, 10, 4, 5, 0),
            (#"{"input_token_details":{"text_tokens":10,"cached_tokens":40}}"#, 10, 10, 0, 0),
            (#"{"input_token_details":null,"input_tokens":-5}"#, 0, 0, 0, 0),
        ])
    func missing(text: String, textIn: Int, cached: Int, audioIn: Int, textOut: Int) throws {
        let usage = try usage(text)
        #expect(usage.textIn == .init(all: textIn, cached: cached))
        #expect(usage.audioIn.all == audioIn)
        #expect(usage.textOut == textOut)
    }

    @Test("Sums add every kind and stop at the largest number")
    func sums() throws {
        let one = try usage(example)
        #expect((one + one).textIn == .init(all: 238, cached: 128))
        #expect((one + one).audioOut == 182)
        #expect((one + one).responses == 2)
        var huge = UpstreamUsage()
        huge.audioOut = .max
        #expect((huge + one).audioOut == .max)
        let absurd = try usage(#"{"input_tokens":9223372036854775807}"#)
        #expect((absurd + absurd).textIn.all > 0)
    }

    @Test("Transcription is counted in tokens or in seconds")
    func transcription() throws {
        #expect(try transcription(#"{"type":"duration","seconds":1.5}"#) == .init(milliseconds: 1_500))
        #expect(
            try transcription(#"{"type":"tokens","input_tokens":13,"output_tokens":9}"#) == .init(audioIn: 13, out: 9))
        #expect(try transcription(#"{"seconds":1e300}"#).milliseconds > 0)
        #expect(try transcription("null") == .init())
    }

    @Test(
        "Dated models cost what their model costs, unknown ones have no price",
        arguments: [
            ("gpt-realtime-2", true), ("gpt-realtime-mini-2025-12-15", true), ("gpt-realtime-2.1-mini", true),
            ("gpt-realtime-9", false), ("", false),
        ])
    func prices(model: String, known: Bool) {
        #expect((UpstreamPrices.openAI(model: model) != nil) == known)
    }

    private func usage(_ text: String) throws -> UpstreamUsage {
        let event = #"{"type":"response.done","response":{"status":"completed","usage":"# + text + "}}"
        guard case .responseDone(let response) = try OpenAIServerEvent(reading: event.utf8.span) else { return .init() }
        return response.usage ?? UpstreamUsage()
    }

    private func transcription(_ usage: String) throws -> UpstreamUsage.Transcription {
        let event =
            #"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":"","usage":"#
            + usage + "}"
        guard case .callerText(_, _, let usage) = try OpenAIServerEvent(reading: event.utf8.span) else {
            return .init()
        }
        return usage.transcription
    }
}
