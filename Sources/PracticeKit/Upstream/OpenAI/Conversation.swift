internal import JSONWire

/// What was said, as the service remembers it.
struct Conversation {
    enum Kind: Hashable {
        case message(role: String)
        case functionCall(id: String)
        case functionCallOutput
    }

    struct Item {
        let id: String
        let kind: Kind
        var status: String
        /// The members that follow id, type and status.
        var members: [JSONObject.Member]
        /// Of assistant audio: how much of it there is. Nil for what has none.
        var audioMilliseconds: Int?

        var json: JSONValue {
            let type =
                switch kind {
                case .message: "message"
                case .functionCall: "function_call"
                case .functionCallOutput: "function_call_output"
                }
            let head: [JSONObject.Member] = [
                JSONObject.Member(name: "id", value: .string(id)),
                JSONObject.Member(name: "object", value: "realtime.item"),
                JSONObject.Member(name: "type", value: .string(type)),
                JSONObject.Member(name: "status", value: .string(status)),
            ]
            return .object(JSONObject(head + members))
        }
    }

    private(set) var items: [Item] = []

    var lastID: String? { items.last?.id }

    subscript(id: String) -> Item? {
        get { items.first { $0.id == id } }
        set {
            guard let place = items.firstIndex(where: { $0.id == id }) else { return }
            if let newValue { items[place] = newValue } else { items.remove(at: place) }
        }
    }

    /// The item that stands before this one.
    func idBefore(_ id: String) -> String? {
        guard let place = items.firstIndex(where: { $0.id == id }), place > 0 else { return nil }
        return items[place - 1].id
    }

    mutating func append(_ item: Item) {
        items.append(item)
    }

    /// - Parameter previous: `root` puts it first. False where there is no such item.
    mutating func insert(_ item: Item, behind previous: String) -> Bool {
        if previous == "root" {
            items.insert(item, at: 0)
            return true
        }
        guard let place = items.firstIndex(where: { $0.id == previous }) else { return false }
        items.insert(item, at: place + 1)
        return true
    }

    func hasFunctionCall(_ callID: String) -> Bool {
        items.contains { $0.kind == .functionCall(id: callID) }
    }
}
