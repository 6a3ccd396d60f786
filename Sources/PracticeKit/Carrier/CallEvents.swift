/// What can be told of a call's progress, and the status that goes with each.
enum CallEvents {
    /// In their order. `busy` and the like are statuses, which come with `completed`.
    static let all = ["initiated", "ringing", "answered", "completed"]
    private static let lasting = ["queued", "initiated", "ringing", "in-progress"]

    static func isFinal(_ status: String) -> Bool { !lasting.contains(status) }

    /// Nil for a status that nobody is told of.
    static func event(of status: String) -> String? {
        switch status {
        case "queued": nil
        case "in-progress": "answered"
        case let status where isFinal(status): "completed"
        default: status
        }
    }

    /// Those that are told where `wanted` was asked for. All in one value is read as none, and the call seems to stay at
    /// its beginning: so it is at the carrier.
    static func told(of wanted: [String]) -> Set<String> {
        guard !wanted.isEmpty else { return ["completed"] }
        let known = Set(wanted).intersection(all)
        return known.isEmpty ? ["initiated"] : known
    }
}
