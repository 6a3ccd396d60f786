public import JSONWire
internal import Wording

/// The error object that events, failed responses, refused upgrades and HTTP answers share.
public struct OpenAIError: Hashable, Sendable {
    public var type: String?
    public var code: String?
    public var message: String
    /// The id of our event that is to blame.
    public var eventID: String?
    public var parameter: String?

    public init(
        type: String? = nil, code: String? = nil, message: String = "", eventID: String? = nil,
        parameter: String? = nil
    ) {
        self.type = type
        self.code = code
        self.message = message
        self.eventID = eventID
        self.parameter = parameter
    }

    public init(_ object: JSONObject) throws(JSONError) {
        type = try object.optionalString("type")
        message = try object.optionalString("message") ?? ""
        eventID = try object.optionalString("event_id")
        parameter = try object.optionalString("param")
        // Some servers send numbers here.
        switch object["code"] {
        case .number(let number): code = number.text
        default: code = try object.optionalString("code")
        }
    }

    /// On one line, for people.
    var detail: PeerText {
        let name = [type, code].compactMap { $0 }.joined(separator: ".")
        let place = parameter.map { " (\($0))" } ?? ""
        return PeerText(name.isEmpty ? message : message.isEmpty ? name : "\(name): \(message)\(place)")
    }
}
