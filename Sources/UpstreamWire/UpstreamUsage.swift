/// What one response or a whole call used, in the units that vendors bill. Sums stop at the largest number.
public struct UpstreamUsage: Hashable, Sendable {
    /// Tokens of one kind that went in.
    public struct Input: Hashable, Sendable {
        /// All of them, those from the cache included.
        public var all = 0
        public var cached = 0

        public init(all: Int = 0, cached: Int = 0) {
            self.all = max(0, all)
            self.cached = min(max(0, cached), self.all)
        }

        public var fresh: Int { all - cached }

        public static func + (left: Input, right: Input) -> Input {
            Input(all: sum(left.all, right.all), cached: sum(left.cached, right.cached))
        }
    }

    public var textIn = Input()
    public var audioIn = Input()
    public var imageIn = Input()
    public var textOut = 0
    public var audioOut = 0
    /// A second model that only writes down what the caller says, billed apart.
    public var transcription = Transcription()
    public var responses = 0

    public struct Transcription: Hashable, Sendable {
        public var textIn = 0
        public var audioIn = 0
        public var out = 0
        /// For models that bill by length.
        public var milliseconds = 0

        public init(textIn: Int = 0, audioIn: Int = 0, out: Int = 0, milliseconds: Int = 0) {
            self.textIn = max(0, textIn)
            self.audioIn = max(0, audioIn)
            self.out = max(0, out)
            self.milliseconds = max(0, milliseconds)
        }

        public static func + (left: Transcription, right: Transcription) -> Transcription {
            Transcription(
                textIn: sum(left.textIn, right.textIn), audioIn: sum(left.audioIn, right.audioIn),
                out: sum(left.out, right.out), milliseconds: sum(left.milliseconds, right.milliseconds))
        }
    }

    public init() {}

    public static func + (left: UpstreamUsage, right: UpstreamUsage) -> UpstreamUsage {
        var total = UpstreamUsage()
        total.textIn = left.textIn + right.textIn
        total.audioIn = left.audioIn + right.audioIn
        total.imageIn = left.imageIn + right.imageIn
        total.textOut = sum(left.textOut, right.textOut)
        total.audioOut = sum(left.audioOut, right.audioOut)
        total.transcription = left.transcription + right.transcription
        total.responses = sum(left.responses, right.responses)
        return total
    }
}

/// Counts come from a peer, so even absurd ones must not trap.
private func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
}
