/// A request to Twilio's REST API, but for scheme, host and credentials.
public struct TwilioRequest: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
    }

    public static let contentType = "application/x-www-form-urlencoded"

    public let method: Method
    /// Path and query.
    public let target: String
    /// The body of a POST.
    public let form: WebForm
    /// Whether sending it twice does no more than sending it once. A call that is created twice rings twice.
    public let isRepeatable: Bool

    public var body: [UInt8] { form.encoded }
}

/// The requests that we make of one account.
public struct TwilioAPI: Hashable, Sendable {
    private let account: String

    public init(account: String) {
        self.account = account
    }

    public func createCall(_ call: TwilioNewCall) throws(CarrierError) -> TwilioRequest {
        post("Calls.json", try call.form(), isRepeatable: false)
    }

    public func updateCall(_ call: String, _ change: TwilioCallChange) throws(CarrierError) -> TwilioRequest {
        post("Calls/\(Self.segment(call)).json", try change.form(), isRepeatable: true)
    }

    public func fetchCall(_ call: String) -> TwilioRequest {
        get("Calls/\(Self.segment(call)).json")
    }

    /// The account itself.
    public func fetchAccount() -> TwilioRequest {
        let target = "\(root.dropLast()).json"
        return TwilioRequest(method: .get, target: target, form: WebForm(), isRepeatable: true)
    }

    /// The newest first. There is no filter by the minute: compare `created` of what comes back.
    public func listCalls(
        from: String? = nil, to: String? = nil, status: String? = nil, pageSize: Int = 20
    ) -> TwilioRequest {
        var query = WebForm()
        query.append("From", ifPresent: from)
        query.append("To", ifPresent: to)
        query.append("Status", ifPresent: status)
        query.append("PageSize", String(pageSize))
        return get("Calls.json", query)
    }

    /// Our own numbers, all of them or the one that reads like `number`.
    public func listPhoneNumbers(number: String? = nil, pageSize: Int = 50) -> TwilioRequest {
        var query = WebForm()
        query.append("PhoneNumber", ifPresent: number)
        query.append("PageSize", String(pageSize))
        return get("IncomingPhoneNumbers.json", query)
    }

    public func updatePhoneNumber(_ id: String, _ routing: TwilioPhoneNumberRouting) -> TwilioRequest {
        post("IncomingPhoneNumbers/\(Self.segment(id)).json", routing.form, isRepeatable: true)
    }

    /// The next page of a list, as its answer named it; nil for a path that is not of this account.
    public func page(_ target: String) -> TwilioRequest? {
        let isPlain = target.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !target.contains("#")
        guard isPlain, target.hasPrefix(root), !target.contains("..") else { return nil }
        return TwilioRequest(method: .get, target: target, form: WebForm(), isRepeatable: true)
    }

    private var root: String { "/2010-04-01/Accounts/\(Self.segment(account))/" }

    private func get(_ path: String, _ query: WebForm = WebForm()) -> TwilioRequest {
        let suffix = query.fields.isEmpty ? "" : "?\(String(decoding: query.encoded, as: UTF8.self))"
        return TwilioRequest(method: .get, target: "\(root)\(path)\(suffix)", form: WebForm(), isRepeatable: true)
    }

    private func post(_ path: String, _ form: WebForm, isRepeatable: Bool) -> TwilioRequest {
        TwilioRequest(method: .post, target: "\(root)\(path)", form: form, isRepeatable: isRepeatable)
    }

    /// An id that came from outside must stay one segment of the path.
    private static func segment(_ id: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
