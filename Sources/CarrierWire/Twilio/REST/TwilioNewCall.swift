public import Addresses
public import Wording

/// A call to be dialled.
public struct TwilioNewCall: Hashable, Sendable {
    /// What happens when it is answered.
    public enum Instructions: Hashable, Sendable {
        case ask(WebURL, orElse: WebURL? = nil)
        case follow(TwiML)
    }

    /// Whether to find out if a machine answers. The call does not wait for it: nobody likes dead air.
    public enum MachineDetection: Hashable, Sendable {
        /// Told as soon as it is known.
        case early(TwilioCallback)
        /// Told when the machine's greeting is over.
        case afterGreeting(TwilioCallback)
    }

    public var from: PhoneNumber
    public var to: PhoneNumber
    public var instructions: Instructions
    public var statusCallback: TwilioCallback?
    /// Up to 600; Twilio adds up to 5.
    public var ringSeconds: Int?
    public var limitSeconds: Int
    public var machineDetection: MachineDetection?
    /// Dialled after the answer. It switches machine detection off.
    public var digits: String?

    public init(
        from: PhoneNumber, to: PhoneNumber, instructions: Instructions, statusCallback: TwilioCallback? = nil,
        ringSeconds: Int? = nil, limitSeconds: Int, machineDetection: MachineDetection? = nil, digits: String? = nil
    ) {
        self.from = from
        self.to = to
        self.instructions = instructions
        self.statusCallback = statusCallback
        self.ringSeconds = ringSeconds
        self.limitSeconds = limitSeconds
        self.machineDetection = machineDetection
        self.digits = digits
    }

    func form() throws(CarrierError) -> WebForm {
        var form = WebForm()
        form.append("To", to.unmasked)
        form.append("From", from.unmasked)
        switch instructions {
        case .ask(let url, let other):
            form.append("Url", url.description)
            form.append("Method", "POST")
            form.append("FallbackUrl", ifPresent: other?.description)
        case .follow(let twiml): form.append("Twiml", try twiml.inlineDocument())
        }
        try form.append(statusCallback)
        form.append("Timeout", ifPresent: ringSeconds.map { String($0) })
        form.append("TimeLimit", String(limitSeconds))
        switch machineDetection {
        case nil: break
        case .early(let callback): form.append("Enable", callback)
        case .afterGreeting(let callback): form.append("DetectMessageEnd", callback)
        }
        form.append("SendDigits", ifPresent: digits)
        return form
    }
}

/// What is to become of a call that is under way.
public enum TwilioCallChange: Hashable, Sendable {
    /// Ends it, whatever its state.
    case hangUp
    /// Ends it only while it is queued or rings.
    case cancel
    case follow(TwiML)
    case ask(WebURL)

    func form() throws(CarrierError) -> WebForm {
        var form = WebForm()
        switch self {
        case .hangUp: form.append("Status", "completed")
        case .cancel: form.append("Status", "canceled")
        case .follow(let twiml): form.append("Twiml", try twiml.inlineDocument())
        case .ask(let url):
            form.append("Url", url.description)
            form.append("Method", "POST")
        }
        return form
    }
}

/// Where a phone number's calls go.
public struct TwilioPhoneNumberRouting: Hashable, Sendable {
    public var voice: WebURL
    public var fallback: WebURL?
    /// The only news of how an inbound call ended.
    public var statusCallback: TwilioCallback?
    /// Takes an application or a trunk off the number: beside one Twilio does not look at the URLs.
    public var isReleased: Bool

    public init(
        voice: WebURL, fallback: WebURL? = nil, statusCallback: TwilioCallback? = nil, isReleased: Bool = false
    ) {
        self.voice = voice
        self.fallback = fallback
        self.statusCallback = statusCallback
        self.isReleased = isReleased
    }

    var form: WebForm {
        var form = WebForm()
        form.append("VoiceUrl", voice.description)
        form.append("VoiceMethod", "POST")
        form.append("VoiceFallbackUrl", ifPresent: fallback?.description)
        form.append("VoiceFallbackMethod", ifPresent: fallback.map { _ in "POST" })
        form.append("StatusCallback", ifPresent: statusCallback?.text)
        form.append("StatusCallbackMethod", ifPresent: statusCallback.map { _ in "POST" })
        if isReleased {
            form.append("VoiceApplicationSid", "")
            form.append("TrunkSid", "")
        }
        return form
    }
}

extension WebForm {
    /// One parameter for each event: all in one leave calls stuck at `initiated`.
    fileprivate mutating func append(_ statusCallback: TwilioCallback?) throws(CarrierError) {
        guard let statusCallback else { return }
        guard !statusCallback.url.host.contains("_") else { throw .unusableURL(statusCallback.url) }
        append("StatusCallback", statusCallback.text)
        append("StatusCallbackMethod", "POST")
        for event in TwilioCallback.callEvents { append("StatusCallbackEvent", event) }
    }

    fileprivate mutating func append(_ machineDetection: String, _ callback: TwilioCallback) {
        append("MachineDetection", machineDetection)
        append("AsyncAmd", "true")
        append("AsyncAmdStatusCallback", callback.text)
        append("AsyncAmdStatusCallbackMethod", "POST")
    }
}
