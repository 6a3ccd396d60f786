internal import JSONWire
internal import Timeline

/// One response in the making: what it will hold, and how far it is.
struct Response {
    struct Part {
        enum Content {
            case speech(bytes: [UInt8], audio: WireAudio, words: [String])
            case text(words: [String])
            case function(name: String, call: String, arguments: String)
        }

        let item: String
        let content: Content
        /// The output limit ends it early.
        var isCut = false
        var isOpen = false
        var sentBytes = 0
        var sentWords = 0

        var transcript: String {
            switch content {
            case .speech(_, _, let words), .text(let words): words.prefix(sentWords).joined(separator: " ")
            case .function: ""
            }
        }

        /// How much audio of it was made.
        var audioMilliseconds: Int {
            guard case .speech(_, let audio, _) = content else { return 0 }
            return audio.milliseconds(ofBytes: sentBytes)
        }
    }

    /// What a `response.create` may say otherwise than the session.
    struct Request {
        var isInConversation = true
        var instructions: String?
        var metadata = JSONValue.null
        var modality: String?
        var toolChoice: JSONValue?
        var maximumOutputTokens: Int??
        var audio: WireAudio?
    }

    let id: String
    let request: Request
    let modality: String
    var parts: [Part]
    /// Set where it is to fail instead.
    var failure: VendorError?
    var place = 0
    var deltas = 0
    /// When the next of it is sent.
    var due: Instant
    /// The items that are finished.
    var output: [JSONValue] = []

    var isDone: Bool { place >= parts.count }

    var audioMilliseconds: Int { parts.reduce(0) { $0 + $1.audioMilliseconds } }

    var wordCount: Int { parts.reduce(0) { $0 + $1.sentWords } }

    /// Lengths of the pieces of audio in milliseconds: as uneven as the service's own.
    private static let pieces = [50, 110, 200, 75, 165]
    private static let oddPieces = [1, 159, 161, 2_001, 480, 3]

    /// How many bytes the next piece of audio has.
    mutating func nextPiece(of audio: WireAudio, isOdd: Bool) -> Int {
        defer { deltas += 1 }
        guard !isOdd else { return Self.oddPieces[deltas % Self.oddPieces.count] }
        return Self.pieces[deltas % Self.pieces.count] * audio.rate / 1_000 * audio.bytesPerSample
    }
}
