/// The id that an event of ours carries: it says what the event was, so that an error that names it needs no memory.
struct OpenAIRequestID: Hashable {
    enum Kind: String {
        case configuration
        case change
        case response
        case cancel
        case item
        case truncate
        case delete
        case audio
    }

    let kind: Kind
    let number: Int

    init(_ kind: Kind, number: Int) {
        self.kind = kind
        self.number = number
    }

    /// Nil for an id that is not ours.
    init?(_ text: String?) {
        guard let text, let dash = text.lastIndex(of: "-"), let kind = Kind(rawValue: String(text[..<dash])),
            let number = Int(text[text.index(after: dash)...])
        else { return nil }
        self.init(kind, number: number)
    }

    var text: String { "\(kind.rawValue)-\(number)" }
}
