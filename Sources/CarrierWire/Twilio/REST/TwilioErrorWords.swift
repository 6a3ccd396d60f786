/// What the carrier's numbers for errors mean to whoever runs the bridge, and what to do.
enum TwilioErrorWords {
    /// Nil for one that has no words of its own.
    static func advice(on code: Int64) -> String? {
        switch code {
        case 10001, 20005, 90010: "The carrier's account is not active: look at its console."
        case 10004: "The account has as many calls at once as it may. Wait, or ask the carrier for more."
        case 20003: "Check twilio.account_sid and twilio.auth_token, or the API key; they must be of one region."
        case 20429: "Fewer requests at once would help."
        case 21205: "The carrier cannot use our webhook's address. Check public_url."
        case 21210, 21212, 21213:
            "The number that the call should come from is not one of the account's. Check 'from', or buy or verify it."
        case 21211, 21217, 13224: "The number that was called does not exist in this form."
        case 21214, 21216: "The carrier cannot reach this number, or has blocked it."
        case 21215, 13227:
            "The account may not call this country. Allow it under Voice, Geographic Permissions, in the console."
        case 21219, 21608: "A trial account calls verified numbers alone. Verify this one, or upgrade the account."
        default: nil
        }
    }
}
