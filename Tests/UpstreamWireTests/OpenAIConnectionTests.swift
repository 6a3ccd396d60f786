import Addresses
import Testing
import UpstreamWire
import Wording

@Suite("OpenAI connection")
struct OpenAIConnectionTests {
    @Test(
        "The model is added unless the query leaves no room for it",
        arguments: [
            ("wss://api.openai.com/v1/realtime", "?model=gpt-realtime-2.1"),
            ("wss://api.openai.com/v1/realtime?", "model=gpt-realtime-2.1"),
            ("wss://api.openai.com/v1/realtime?x=1", "&model=gpt-realtime-2.1"),
            ("wss://api.openai.com/v1/realtime?supermodel=1", "&model=gpt-realtime-2.1"),
            ("wss://api.openai.com/v1/realtime?model=mine", ""),
            ("wss://api.openai.com/v1/realtime?x=1&model=mine", ""),
            ("wss://api.openai.com/v1/realtime?call_id=rtc_1", ""),
            ("ws://127.0.0.1:9000", "?model=gpt-realtime-2.1"),
        ])
    func url(base: String, added: String) throws {
        #expect(try request(base).url.description == base + added)
    }

    @Test("A model's name cannot change the query")
    func encoding() throws {
        let request = try request("wss://h/r", model: "ü &x=1#\n")
        #expect(request.url.description == "wss://h/r?model=%C3%BC%20%26x%3D1%23%0A")
    }

    @Test("The key is sent, and never shown")
    func key() throws {
        let request = try request("wss://h/r", safetyIdentifier: "abc")
        #expect(request.headers.map(\.name) == ["Authorization", "OpenAI-Project", "OpenAI-Safety-Identifier"])
        #expect(request.headers.map { $0.value.revealed() } == ["Bearer sk-1", "proj_1", "abc"])
        #expect(!"\(request)".contains("sk-1"))
    }

    @Test("Azure takes the key in a header of its own")
    func azure() throws {
        let request = try request("wss://x.openai.azure.com/openai/v1/realtime")
        #expect(request.headers.first?.name == "api-key")
        #expect(request.headers.first?.value.revealed() == "sk-1")
    }

    private func request(
        _ url: String, model: String? = nil, safetyIdentifier: String? = nil
    ) throws -> UpstreamConnectRequest {
        try OpenAIConnection(url: WebURL(url), apiKey: Secret("sk-1"), project: "proj_1")
            .request(model: model, safetyIdentifier: safetyIdentifier)
    }
}
