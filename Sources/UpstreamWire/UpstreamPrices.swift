/// What a model costs, in US dollars for a million tokens.
public struct UpstreamPrices: Hashable, Sendable {
    public struct Kind: Hashable, Sendable {
        public var input: Double
        public var cachedInput: Double
        public var output: Double

        public init(input: Double, cachedInput: Double, output: Double) {
            self.input = input
            self.cachedInput = cachedInput
            self.output = output
        }
    }

    /// For the model that writes down what the caller says.
    public struct Transcription: Hashable, Sendable {
        public var textInput: Double
        public var audioInput: Double
        public var output: Double
        /// In US dollars; for models that bill by length.
        public var minute: Double

        public init(textInput: Double = 0, audioInput: Double = 0, output: Double = 0, minute: Double = 0) {
            self.textInput = textInput
            self.audioInput = audioInput
            self.output = output
            self.minute = minute
        }
    }

    public var audio: Kind
    public var text: Kind
    /// Nil where images are not priced: their tokens then cost what text costs.
    public var image: Kind?
    public var transcription: Transcription?

    public init(audio: Kind, text: Kind, image: Kind? = nil, transcription: Transcription? = nil) {
        self.audio = audio
        self.text = text
        self.image = image
        self.transcription = transcription
    }

    /// In US dollars. What has no price costs nothing here, so a sum can be too low and never too high.
    public func cost(of usage: UpstreamUsage) -> Double {
        let image = image ?? text
        var millionths =
            Self.cost(usage.textIn, text) + Self.cost(usage.audioIn, audio) + Self.cost(usage.imageIn, image)
        millionths += Double(usage.textOut) * text.output + Double(usage.audioOut) * audio.output
        if let transcription {
            let used = usage.transcription
            millionths += Double(used.textIn) * transcription.textInput
            millionths += Double(used.audioIn) * transcription.audioInput
            millionths += Double(used.out) * transcription.output
            millionths += Double(used.milliseconds) / 60_000 * transcription.minute * 1e6
        }
        return millionths / 1e6
    }

    private static func cost(_ input: UpstreamUsage.Input, _ kind: Kind) -> Double {
        Double(input.fresh) * kind.input + Double(input.cached) * kind.cachedInput
    }
}
