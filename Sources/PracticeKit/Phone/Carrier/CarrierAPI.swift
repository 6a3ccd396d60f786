internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization
internal import Timeline
internal import Wording

/// The calls that run, by their ids, for whoever asks from outside.
final class PhoneBook: Sendable {
    private let calls = Mutex<[String: PhoneCall]>([:])

    func add(_ call: PhoneCall) {
        calls.withLock { $0[call.identity.call] = call }
    }

    func call(_ id: String) -> PhoneCall? {
        calls.withLock { $0[id] }
    }

    var all: [PhoneCall] { calls.withLock { Array($0.values) } }
}

/// The carrier's REST side for the calls of this phone: read one, end one, give one another document.
struct CarrierAPI: HTTPService {
    private struct Refusal: Error {
        let status: Int
        let code: Int
        let message: String
    }

    let book: PhoneBook
    /// What the password must be; the user is the account. Nil: nobody is asked.
    let token: String?

    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer {
        .handle(HTTPHandling { .whole(await answer($0)) })
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(Refusal) {
            return try await carryOut(request)
        } catch {
            var json = JSONWriter()
            json.object {
                $0.key("code")
                $0.integer(error.code)
                $0.member("message", error.message)
                $0.member("more_info", "https://www.twilio.com/docs/errors/\(error.code)")
                $0.key("status")
                $0.integer(error.status)
            }
            return Self.json(error.status, json)
        }
    }

    private func carryOut(_ request: HTTPRequest) async throws(Refusal) -> HTTPResponse {
        let parts = request.head.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[1] == "2010-04-01", parts[2] == "Accounts", parts[4] == "Calls",
            parts[5].hasSuffix(".json")
        else { throw notFound(request) }
        let account = String(parts[3])
        try authenticate(request.head, account: account)
        guard let call = book.call(String(parts[5].dropLast(".json".count))), call.identity.account == account else {
            throw notFound(request)
        }
        switch request.head.method {
        case "GET": break
        case "POST": try await update(call, request)
        default:
            throw Refusal(status: 405, code: 20_004, message: "Method not allowed")
        }
        return Self.json(200, call.json)
    }

    private func notFound(_ request: HTTPRequest) -> Refusal {
        Refusal(
            status: 404, code: 20_404,
            message: "The requested resource \(PeerText(request.head.path)) was not found")
    }

    private func authenticate(_ head: RequestHead, account: String) throws(Refusal) {
        guard let token else { return }
        let wanted = "Basic \(Base64.encode("\(account):\(token)".utf8))"
        guard head.headers["Authorization"] == wanted else {
            throw Refusal(status: 401, code: 20_003, message: "Authenticate")
        }
    }

    private func update(_ call: PhoneCall, _ request: HTTPRequest) async throws(Refusal) {
        guard let form = CarrierForm(encoded: request.body) else {
            throw Refusal(status: 400, code: 20_001, message: "The body is not a form")
        }
        let isDone: Bool
        switch (form["Status"], form["Twiml"], form["Url"]) {
        case ("completed", nil, nil): isDone = call.end(.api)
        case (nil, let twiml?, nil): isDone = call.replace(try read(Array(twiml.utf8)))
        case (nil, nil, let url?):
            guard let instructions = await call.document(at: url) else {
                throw Refusal(status: 400, code: 11_200, message: "HTTP retrieval failure")
            }
            isDone = call.replace(instructions)
        // An answered call cannot be cancelled; the carrier takes the request and does nothing.
        case ("canceled", nil, nil): isDone = true
        default: throw Refusal(status: 400, code: 20_001, message: "Status=completed, Twiml or Url is needed")
        }
        guard isDone else {
            throw Refusal(status: 400, code: 21_220, message: "Call is not in-progress. Cannot redirect.")
        }
    }

    private func read(_ document: [UInt8]) throws(Refusal) -> [CallInstruction] {
        do throws(CallInstruction.Fault) {
            return try CallInstruction.read(document)
        } catch {
            throw Refusal(status: 400, code: 12_100, message: error.message)
        }
    }

    private static func json(_ status: Int, _ json: JSONWriter) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: json.bytes)
    }
}

extension PhoneCall {
    /// As the carrier shows it; what it does not know is null.
    fileprivate var json: JSONWriter {
        let (status, created, answered, ended) = state.withLock { ($0.status, $0.created, $0.answered, $0.ended) }
        var json = JSONWriter()
        json.object { json in
            json.member("sid", identity.call)
            json.member("account_sid", identity.account)
            json.member("from", setting.from)
            json.member("to", setting.to)
            json.member("status", status)
            json.member("direction", setting.direction.rawValue)
            json.member("api_version", "2010-04-01")
            json.member("date_created", CarrierDate.text(created))
            json.member("date_updated", CarrierDate.text(ended ?? answered ?? created))
            json.optional("start_time", answered.map(CarrierDate.text))
            json.optional("end_time", ended.map(CarrierDate.text))
            json.optional(
                "duration",
                ended.map { end in
                    String((end.millisecondsSince1970 - (answered ?? created).millisecondsSince1970 + 500) / 1_000)
                })
            for name in ["answered_by", "parent_call_sid", "price"] { json.optional(name, nil) }
            json.member("price_unit", "USD")
            json.member("queue_time", "0")
            json.member("uri", "/2010-04-01/Accounts/\(identity.account)/Calls/\(identity.call).json")
        }
        return json
    }
}

extension JSONWriter {
    fileprivate mutating func optional(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }
}
