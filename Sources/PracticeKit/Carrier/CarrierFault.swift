internal import Wording

/// A way in which the carrier misbehaves. Written `name`, `name=value`, `name@what` and `name*times`, in this order.
public struct CarrierFault: Hashable, Sendable {
    /// What the carrier can be asked for.
    public enum Operation: String, CaseIterable, Sendable {
        case create, fetch, list, update, numbers
    }

    public enum Kind: Hashable, Sendable {
        /// Not done, and answered so, as the carrier does.
        case status(Int)
        /// Not done, and answered with a page of whoever stands in between.
        case html(Int)
        /// Not done, and never answered.
        case hang
        /// Not done, and the connection is reset.
        case reset
        /// Done, and the connection is reset before the answer.
        case lostAnswer
        /// Done, and never answered.
        case mute
        /// Done at once, and answered so much later.
        case late(Duration)
        case callbacks(CallbackFault)
    }

    /// As it was typed.
    public let text: String
    public var kind: Kind
    /// Nil: whatever is asked.
    public var operation: Operation?
    /// Only the first ones; nil is all.
    public var times: Int?
}

/// What becomes of a call's status callbacks.
public enum CallbackFault: Hashable, Sendable {
    /// This one never comes; nil is none at all.
    case lost(event: String?)
    case twice
    /// Each comes behind the one that follows it.
    case reordered
    case late(Duration)
    case unsigned
}

extension CarrierFault {
    public struct Form: Sendable {
        public let name: String
        /// As it is typed.
        public let example: String
        public let does: String
        let read: @Sendable (_ value: String?) -> Kind?
    }

    public static let forms: [Form] = [
        Form(name: "status", example: "status=429@create*2", does: "REST answers this status with the carrier's words")
        {
            $0.flatMap { Int($0) }.flatMap { (400...599).contains($0) ? .status($0) : nil }
        },
        Form(name: "html", example: "html=502@list", does: "REST answers a page of HTML with this status") { value in
            Int(value ?? "502").flatMap { (200...599).contains($0) ? .html($0) : nil }
        },
        plain("hang", "REST neither does what it is asked nor answers", .hang),
        plain("reset", "REST resets the connection instead of doing what it is asked", .reset),
        plain("lost-answer", "REST does what it is asked, and resets the connection before the answer", .lostAnswer),
        plain("mute", "REST does what it is asked and never answers", .mute),
        lasting("late", "REST does what it is asked and answers so much later") { .late($0) },
        Form(
            name: "lose-callback", example: "lose-callback=completed",
            does: "this status callback never comes; without a value none does"
        ) { value in
            guard let value else { return .callbacks(.lost(event: nil)) }
            return CallEvents.all.contains(value) ? .callbacks(.lost(event: value)) : nil
        },
        plain("repeat-callbacks", "every status callback comes twice", .callbacks(.twice)),
        plain("reorder-callbacks", "each status callback comes behind the one after it", .callbacks(.reordered)),
        lasting("late-callbacks", "every status callback comes so much later") { .callbacks(.late($0)) },
        plain("unsigned-callbacks", "callbacks carry no signature", .callbacks(.unsigned)),
    ]

    private static func plain(_ name: String, _ does: String, _ kind: Kind) -> Form {
        Form(name: name, example: name, does: does) { $0 == nil ? kind : nil }
    }

    private static func lasting(
        _ name: String, _ does: String, _ kind: @escaping @Sendable (Duration) -> Kind
    ) -> Form {
        Form(name: name, example: "\(name)=2s", does: does) { Duration(practice: $0 ?? "2s").map(kind) }
    }

    /// Reads one fault.
    public init(_ text: some StringProtocol) throws(PracticeError) {
        let counted = text.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        let placed = counted[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let words = placed[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(words[0])
        guard let form = Self.forms.first(where: { $0.name == name }) else {
            throw .unknownFault(name, hint: NearMiss.hint(for: name, among: Self.forms.map(\.name)))
        }
        guard let kind = form.read(words.count > 1 ? String(words[1]) : nil) else {
            throw .faultValue(String(text), example: form.example)
        }
        self.text = String(text)
        self.kind = kind
        if placed.count > 1 {
            guard let operation = Operation(rawValue: String(placed[1])) else {
                throw .faultValue(String(text), example: form.example)
            }
            self.operation = operation
        }
        if counted.count > 1 {
            guard let times = Int(counted[1]), times > 0 else {
                throw .faultValue(String(text), example: form.example)
            }
            self.times = times
        }
    }
}
