extension UpstreamPrices {
    /// What OpenAI's price page said for a model in August 2026; nil for one that it did not list.
    ///
    /// Dated names such as `gpt-realtime-2025-08-28` cost what their model costs. Prices change: settings may bring
    /// others.
    public static func openAI(model: String) -> UpstreamPrices? {
        let undated = model.firstRange(of: "-20").map { String(model[..<$0.lowerBound]) } ?? model
        return switch undated {
        case "gpt-realtime-2.1", "gpt-realtime-2":
            UpstreamPrices(
                audio: Kind(input: 32, cachedInput: 0.4, output: 64), text: Kind(input: 4, cachedInput: 0.4, output: 24)
            )
        case "gpt-realtime-2.1-mini", "gpt-realtime-mini":
            UpstreamPrices(
                audio: Kind(input: 10, cachedInput: 0.3, output: 20),
                text: Kind(input: 0.6, cachedInput: 0.06, output: 2.4))
        default: nil
        }
    }
}
