internal import JSONWire

extension UpstreamUsage {
    /// From the `usage` of a response. Every count may be missing; cached tokens of no kind count as text.
    init(openAIResponse usage: JSONObject) throws(JSONError) {
        self.init()
        responses = 1
        if let details = try usage.optionalObject("input_token_details") {
            let cached = try details.optionalObject("cached_tokens_details")
            let cachedAudio = try cached?.count("audio_tokens") ?? 0
            let cachedImage = try cached?.count("image_tokens") ?? 0
            let allCached = try details.count("cached_tokens") ?? 0
            let cachedText = try cached?.count("text_tokens")
            textIn = Input(
                all: try details.count("text_tokens") ?? 0,
                cached: cachedText ?? max(0, allCached - cachedAudio - cachedImage))
            audioIn = Input(all: try details.count("audio_tokens") ?? 0, cached: cachedAudio)
            imageIn = Input(all: try details.count("image_tokens") ?? 0, cached: cachedImage)
        } else {
            textIn = Input(all: try usage.count("input_tokens") ?? 0)
        }
        if let details = try usage.optionalObject("output_token_details") {
            textOut = try details.count("text_tokens") ?? 0
            audioOut = try details.count("audio_tokens") ?? 0
        } else {
            textOut = try usage.count("output_tokens") ?? 0
        }
    }

    /// From the `usage` of a transcription, which counts tokens or seconds.
    init(openAITranscription usage: JSONObject) throws(JSONError) {
        self.init()
        let details = try usage.optionalObject("input_token_details")
        // Where the input is not split it is what it nearly always is: audio.
        let audio = try details == nil ? usage.count("input_tokens") : details?.count("audio_tokens")
        let seconds = try usage.optionalNumber("seconds") ?? 0
        transcription = Transcription(
            textIn: try details?.count("text_tokens") ?? 0,
            audioIn: audio ?? 0,
            out: try usage.count("output_tokens") ?? 0,
            milliseconds: Int(min(max(0, seconds), 1e9) * 1_000))
    }
}

extension JSONObject {
    /// Clamped to what a call can use, so that sums never come near the end of an integer.
    fileprivate func count(_ name: String) throws(JSONError) -> Int? {
        try optionalInteger(name).map { Int(min(max(0, $0), 1 << 40)) }
    }
}
