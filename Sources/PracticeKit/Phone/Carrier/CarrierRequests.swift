internal import Addresses
internal import HTTPLoop
internal import HTTPWire
internal import Telemetry
internal import Timeline
internal import Wording

/// What the carrier asks and tells the bridge over HTTP, signed.
struct CarrierRequests: Sendable {
    struct Answer: Sendable {
        var request: CallReport.Request
        var body: [UInt8] = []
        var instructions: Result<[CallInstruction], CallInstruction.Fault>
    }

    private static let limit = Duration.seconds(15)
    private static let documentLimit = 64 << 10

    let setting: PhoneSetting
    let client: HTTPClient

    // MARK: what is told

    /// What comes with every voice request.
    func callForm(_ identity: StreamWriter.Identity, status: String) -> CarrierForm {
        [
            "CallSid": identity.call, "AccountSid": identity.account, "From": setting.from, "To": setting.to,
            "Caller": setting.from, "Called": setting.to, "CallStatus": status, "ApiVersion": "2010-04-01",
            "Direction": setting.direction.rawValue,
        ]
    }

    /// All but the number of the report.
    ///
    /// - Parameter duration: From the answer on.
    func statusForm(
        _ identity: StreamWriter.Identity, status: String, duration: Duration, sipCode: Int? = nil,
        answeredBy: String? = nil
    ) -> CarrierForm {
        var form = callForm(identity, status: status)
        form.add("CallbackSource", "call-progress-events")
        form.add("Timestamp", CarrierDate.text(SystemClock.utc()))
        if CallEvents.isFinal(status) {
            let seconds = Int(duration.inSeconds.rounded())
            form.add("CallDuration", String(seconds))
            form.add("Duration", String((seconds + 59) / 60))
            if let sipCode { form.add("SipResponseCode", String(sipCode)) }
        }
        if let answeredBy { form.add("AnsweredBy", answeredBy) }
        return form
    }

    func streamForm(_ identity: StreamWriter.Identity, name: String?, event: String) -> CarrierForm {
        var form: CarrierForm = [
            "AccountSid": identity.account, "CallSid": identity.call, "StreamSid": identity.stream,
            "StreamName": name ?? identity.stream, "StreamEvent": event,
            "Timestamp": SystemClock.utc().description,
        ]
        if event == "stream-error" { form.add("StreamError", "31921 - Stream - WebSocket - Close Error") }
        return form
    }

    // MARK: the wire

    /// Posts a form and reads the document that comes back.
    func document(_ url: String, _ form: CarrierForm, kind: String) async -> Answer {
        var answer = await post(url, form, kind: kind)
        guard answer.request.problem == nil else { return answer }
        do throws(CallInstruction.Fault) {
            answer.instructions = .success(try CallInstruction.read(answer.body))
        } catch {
            answer.instructions = .failure(error)
            answer.request.problem = error.message
        }
        return answer
    }

    /// Tries again as often as the URL's fragment asks for it, where that asks for any failure.
    func post(_ url: String, _ form: CarrierForm, kind: String, isSigned: Bool = true) async -> Answer {
        var retries = Self.retries(askedBy: url)
        while true {
            let answer = await postOnce(url, form, kind: kind, isSigned: isSigned)
            guard answer.request.problem != nil, retries > 0 else { return answer }
            retries -= 1
        }
    }

    private static func retries(askedBy url: String) -> Int {
        let fragment = url.split(separator: "#", maxSplits: 1).dropFirst().first ?? ""
        let wishes = QueryItems(fragment)
        return wishes["rp"] == "all" ? min(5, wishes["rc"].flatMap { Int($0) } ?? 1) : 0
    }

    private func postOnce(_ url: String, _ form: CarrierForm, kind: String, isSigned: Bool) async -> Answer {
        let began = SystemClock.now()
        var request = CallReport.Request(kind: kind, url: PeerText(url).description, duration: .zero)
        var body: [UInt8] = []
        do {
            let target = try setting.address.dialled(url)
            let response = try await client.send(message(target, form, isSigned: isSigned))
            request.status = response.status
            body = response.body
            if !(200..<300).contains(response.status) {
                request.problem = "the bridge answered \(response.status): \(PeerText(response.body.span))"
            }
        } catch let error as HTTPClientError {
            request.problem = error.message
        } catch {
            request.problem = "'\(PeerText(url))' is not a URL that can be asked"
        }
        request.duration = began.duration(to: SystemClock.now())
        let fault = CallInstruction.Fault(message: request.problem ?? "no document was asked for")
        return Answer(request: request, body: body, instructions: .failure(fault))
    }

    private func message(_ url: WebURL, _ form: CarrierForm, isSigned: Bool) -> HTTPClientRequest {
        var headers: Headers = [
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        ]
        if isSigned, let token = setting.token {
            let known = setting.address.known(url)
            headers.append("X-Twilio-Signature", CarrierSignature.sign(url: known, form: form, token: token))
        }
        return HTTPClientRequest(
            url, method: "POST", headers: headers, body: form.encoded, limit: Self.limit,
            responseLimit: Self.documentLimit)
    }
}
