/// The protocols that the practice agent speaks.
public enum PracticeProtocol: String, CaseIterable, Sendable {
    case openAI = "openai"
    case elevenLabs = "elevenlabs"
}
