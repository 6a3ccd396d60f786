internal import Addresses
internal import Wording

/// A call that is to be dialled, as the request asks for it.
struct NewCallOrder {
    let to: String
    let from: String
    /// Where it begins once it is answered.
    let entry: PhoneSetting.Entry
    let statusURL: String?
    let statusEvents: Set<String>
    let ringLimit: Duration
    let callLimit: Duration
    let detection: MachineDetectionOrder?

    private static let longestDocument = 4_000

    /// - Parameter numbers: What the account may call from; nobody checks where there are none.
    init(_ form: CarrierForm, numbers: Set<String>) throws(CarrierRefusal) {
        guard let to = form["To"], !to.isEmpty else { throw CarrierRefusal(400, 21_201, "No 'To' number is specified") }
        guard let from = form["From"], !from.isEmpty else {
            throw CarrierRefusal(400, 21_213, "No 'From' number is specified")
        }
        guard Self.canBeCalled(to) else {
            throw CarrierRefusal(400, 21_211, "Invalid 'To' Phone Number: \(PeerText(to))")
        }
        guard Self.canBeCalled(from) else {
            throw CarrierRefusal(400, 21_212, "Invalid 'From' Phone Number: \(PeerText(from))")
        }
        guard numbers.isEmpty || numbers.contains(from) else {
            throw CarrierRefusal(
                400, 21_210,
                "The source phone number provided, \(PeerText(from)), is not yet verified for your account.")
        }
        self.to = to
        self.from = from
        entry = try Self.entry(form)
        statusURL = try form["StatusCallback"].map { url throws(CarrierRefusal) in try Self.checked(url) }
        statusEvents = CallEvents.told(of: form.values(of: "StatusCallbackEvent"))
        ringLimit = .seconds(try Self.number("Timeout", of: form, in: 1...600, usual: 60))
        callLimit = .seconds(try Self.number("TimeLimit", of: form, in: 1...86_400, usual: 14_400))
        detection = try MachineDetectionOrder(form)
    }

    private static func canBeCalled(_ party: String) -> Bool {
        guard !party.hasPrefix("client:"), !party.hasPrefix("sip:") else { return true }
        let digits = party.dropFirst()
        return party.hasPrefix("+") && (7...15).contains(digits.utf8.count)
            && digits.allSatisfy { $0.isASCII && $0.isNumber } && digits.first != "0"
    }

    private static func entry(_ form: CarrierForm) throws(CarrierRefusal) -> PhoneSetting.Entry {
        // Where both are given the document is passed over.
        if let url = form["Url"] {
            guard let url = try? WebURL(try checked(url)) else { throw invalid(url) }
            return .voice(url)
        }
        guard let document = form["Twiml"] else {
            throw CarrierRefusal(400, 21_205, "Url parameter is required.")
        }
        guard document.unicodeScalars.count <= longestDocument else {
            throw .parameter("Twiml must be at most \(longestDocument) characters")
        }
        return .document(try instructions(document))
    }

    static func instructions(_ document: String) throws(CarrierRefusal) -> [CallInstruction] {
        do throws(CallInstruction.Fault) {
            return try CallInstruction.read(Array(document.utf8))
        } catch {
            throw CarrierRefusal(400, 12_100, error.message)
        }
    }

    /// What stands behind a # says how to ask, and is no part of the address.
    static func checked(_ text: String) throws(CarrierRefusal) -> String {
        let address = String(text.prefix { $0 != "#" })
        guard let url = try? WebURL(address), url.scheme == .http || url.scheme == .https, !url.host.contains("_")
        else {
            throw invalid(text)
        }
        return text
    }

    private static func invalid(_ url: String) -> CarrierRefusal {
        CarrierRefusal(400, 21_205, "Url is not a valid URL: \(PeerText(url))")
    }

    static func number(
        _ name: String, of form: CarrierForm, in range: ClosedRange<Int>, usual: Int
    ) throws(CarrierRefusal) -> Int {
        guard let text = form[name] else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw .parameter("\(name) must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// That it is to be found out whether a machine answers.
struct MachineDetectionOrder: Hashable, Sendable {
    let waitsForGreetingEnd: Bool
    /// Where the result goes while the call runs on; nil has the call wait for it.
    let callback: String?

    init?(_ form: CarrierForm) throws(CarrierRefusal) {
        switch form["MachineDetection"] {
        case nil: return nil
        case "Enable": waitsForGreetingEnd = false
        case "DetectMessageEnd": waitsForGreetingEnd = true
        default: throw .parameter("MachineDetection must be Enable or DetectMessageEnd")
        }
        // Digits to be sent switch it off.
        guard form["SendDigits"] == nil else { return nil }
        guard form["AsyncAmd"] == "true" else {
            callback = nil
            return
        }
        callback =
            try form["AsyncAmdStatusCallback"].map { url throws(CarrierRefusal) in try NewCallOrder.checked(url) } ?? ""
    }
}
