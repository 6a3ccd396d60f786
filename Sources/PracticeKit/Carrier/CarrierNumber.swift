internal import Wording

/// A number of the account, and where its calls go.
public struct CarrierNumber: Hashable, Sendable {
    let id: String
    let number: String
    /// By the names that requests have for them.
    var settings: [String: String]

    /// What can be set, as requests and answers name it.
    static let names: [(request: String, answer: String)] = [
        ("FriendlyName", "friendly_name"), ("VoiceUrl", "voice_url"), ("VoiceMethod", "voice_method"),
        ("VoiceFallbackUrl", "voice_fallback_url"), ("VoiceFallbackMethod", "voice_fallback_method"),
        ("StatusCallback", "status_callback"), ("StatusCallbackMethod", "status_callback_method"),
        ("VoiceApplicationSid", "voice_application_sid"), ("TrunkSid", "trunk_sid"),
    ]

    /// - Parameter place: Of the numbers, from 1 on: its id is made of it.
    public init(_ number: String, voiceURL: String? = nil, place: Int) {
        let digits = String(place, radix: 16)
        id = "PN" + String(repeating: "0", count: 32 - digits.count) + digits
        self.number = number
        settings = [
            "FriendlyName": number, "VoiceUrl": voiceURL ?? "", "VoiceMethod": "POST", "VoiceFallbackMethod": "POST",
            "StatusCallbackMethod": "POST",
        ]
    }

    mutating func take(_ form: CarrierForm) throws(CarrierRefusal) {
        for (name, _) in Self.names {
            guard let value = form[name] else { continue }
            if name.hasSuffix("Method"), !["GET", "POST"].contains(value) {
                throw CarrierRefusal(400, 21_403, "\(name) is not valid")
            }
            let isURL = name.hasSuffix("Url") || name == "StatusCallback"
            if isURL, !value.isEmpty, !value.hasPrefix("https://"), !value.hasPrefix("http://") {
                throw CarrierRefusal(400, 21_402, "\(name) is not valid")
            }
            settings[name] = value
        }
    }

    func write(to json: inout JSONWriter, account: String) {
        json.object { json in
            json.member("sid", id)
            json.member("account_sid", account)
            json.member("phone_number", number)
            for (request, answer) in Self.names { json.member(answer, settings[request] ?? "") }
            json.key("capabilities")
            json.object { capabilities in
                for (name, has) in [("voice", true), ("sms", true), ("mms", false), ("fax", false)] {
                    capabilities.key(name)
                    capabilities.bool(has)
                }
            }
            json.member("api_version", "2010-04-01")
            json.member("status", "in-use")
            json.member("origin", "twilio")
            json.member("uri", "/2010-04-01/Accounts/\(account)/IncomingPhoneNumbers/\(id).json")
        }
    }
}
