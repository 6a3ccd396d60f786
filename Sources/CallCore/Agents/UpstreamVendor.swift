/// Whose voice AI an agent speaks with.
public enum UpstreamVendor: String, Hashable, Sendable, CaseIterable {
    case openAI = "openai"
    case elevenLabs = "elevenlabs"
}
