public import JSONWire

/// Something about a number that keeps calls away, or what is told of them.
public struct NumberFinding: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case publicURL = "number.public_url"
        case plainURL = "number.plain_url"
        case streamURL = "number.stream_url"
        case notInAccount = "number.not_in_account"
        case takesNoCalls = "number.takes_no_calls"
        case application = "number.application"
        case trunk = "number.trunk"
        case voiceURL = "number.voice_url"
        case voiceMethod = "number.voice_method"
        case statusCallback = "number.status_callback"
        case statusCallbackMethod = "number.status_callback_method"
        case statusCallbackRetries = "number.status_callback_retries"
        case fallbackURL = "number.fallback_url"
    }

    public let kind: Kind
    public let expected: String?
    public let found: String?

    init(_ kind: Kind, expected: String? = nil, found: String? = nil) {
        self.kind = kind
        self.expected = expected
        self.found = found
    }

    /// No call comes in as long as it stands.
    public var isCritical: Bool {
        switch kind {
        case .publicURL, .notInAccount, .takesNoCalls, .application, .trunk, .voiceURL, .voiceMethod: true
        case .plainURL, .streamURL, .statusCallback, .statusCallbackMethod, .statusCallbackRetries, .fallbackURL: false
        }
    }

    /// Whether setting the number's addresses at the carrier mends it.
    public var isFixable: Bool {
        switch kind {
        case .publicURL, .plainURL, .streamURL, .notInAccount, .takesNoCalls: false
        case .application, .trunk, .voiceURL, .voiceMethod, .statusCallback, .statusCallbackMethod,
            .statusCallbackRetries, .fallbackURL:
            true
        }
    }

    /// What is so, and what comes of it.
    public var message: String {
        switch kind {
        case .publicURL: "It is not known how the carrier reaches this bridge: public_url is not set."
        case .plainURL: "public_url begins with http://. The carrier opens media streams over TLS alone."
        case .streamURL:
            "Calls get their stream at an address that is not wss://, and the carrier opens no other: callers hear the "
                + "apology."
        case .notInAccount: "The carrier's account has no such number."
        case .takesNoCalls: "The number is not for calls: its voice capability is missing."
        case .application: "The number's calls go to an application, so the carrier does not look at its voice URL."
        case .trunk: "The number's calls go to a SIP trunk, so the carrier does not look at its voice URL."
        case .voiceURL:
            found == nil
                ? "The number has no voice URL: callers hear that nobody has set it up."
                : "The number's calls go to another address."
        case .voiceMethod: "The carrier asks the voice URL with \(found ?? "GET"), which is not answered."
        case .statusCallback:
            found == nil
                ? "The number has no status callback: nobody tells how a call ended, so the carrier has to be asked."
                : "The status callback goes to another address, so the carrier has to be asked how calls ended."
        case .statusCallbackMethod:
            "The carrier sends the status callback with \(found ?? "GET"), which is not answered."
        case .statusCallbackRetries:
            "The carrier does not try the status callback again after a failure, so an ending may be lost."
        case .fallbackURL: "The number has no fallback URL: a caller whose first request fails is cut off."
        }
    }

    /// What to do about it.
    public var fix: String {
        switch kind {
        case .publicURL: "Set public_url (PATCHBAY_PUBLIC_URL) to the https address of this bridge, and start it again."
        case .plainURL: "Set public_url to an https address: put TLS before the bridge, or set tls.certificate."
        case .streamURL:
            "Set stream_url (PATCHBAY_STREAM_URL) to a wss address, or leave it out: public_url is used then."
        case .notInAccount: "Check the number and twilio.account_sid, or buy the number in the carrier's console."
        case .takesNoCalls: "Take a number that can voice calls."
        case .application: "Take the application off the number; --fix does."
        case .trunk: "Take the trunk off the number; --fix does."
        case .voiceURL, .voiceMethod: "Set the voice URL to POST \(expected ?? "-"); --fix does."
        case .statusCallback, .statusCallbackMethod, .statusCallbackRetries:
            "Set the status callback to POST \(expected ?? "-"); --fix does."
        case .fallbackURL: "Set the fallback URL to POST \(expected ?? "-"); --fix does."
        }
    }

    public func json(isFixed: Bool) -> JSONObject {
        .building { json in
            json.add("code", .string(kind.rawValue))
            json.add("severity", .string(isCritical ? "critical" : "warning"))
            json.add("message", .string(message))
            json.addOrNull("expected", expected.map { .string($0) })
            json.addOrNull("found", found.map { .string($0) })
            json.add("fix", .string(fix))
            json.add("fixed", .bool(isFixed))
        }
    }
}
