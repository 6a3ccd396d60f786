internal import JSONWire
public import Wording

/// An account as Twilio's REST API shows it.
public struct TwilioAccount: Hashable, Sendable {
    public let id: String
    /// In Twilio's word: `active`, `suspended`, `closed`.
    public let status: PeerText

    public var isActive: Bool { status == PeerText("active") }

    init(_ object: JSONObject) throws(JSONError) {
        id = try object.string("sid")
        guard CarrierIdentifier.isSane(id) else { throw .invalidValue("sid") }
        status = PeerText(try object.string("status"))
    }
}
