internal import Addresses
internal import CallCore
internal import CarrierWire
internal import HTTPLoop
internal import Timeline
internal import Wording

// What the carrier is told to do with a caller who gets an agent.
extension TwilioPaths {
    /// - Parameter isResumed: The call was up before, and its conversation goes on.
    func bridge(
        _ webhook: Webhook, _ record: CallRecord, _ agent: Agent, isResumed: Bool = false
    ) -> (HTTPResponse, Outcome) {
        let call = record.providerCallID ?? ""
        let lifetime = settings.tokenLifetime.wholeNanoseconds / 1_000_000
        let expiry = UTCTime(millisecondsSince1970: webhook.now.millisecondsSince1970 + lifetime)
        let token = StreamToken(call: call, agent: agent.id, expiry: expiry, secret: settings.secret)
        let twiml = instructions(webhook.visitor, record, agent, token, isResumed: isResumed)
        let answer = heard(twiml, .taken, call: record.id.description, agent: agent.id)
        if answer.1 == .taken {
            house.host.expect(
                ExpectedCall(
                    record: record.id, providerCallID: call, direction: record.direction, from: record.from,
                    to: record.to, agent: agent, variables: record.variables, tokenExpiry: expiry))
        }
        return answer
    }

    private func instructions(
        _ visitor: Visitor, _ record: CallRecord, _ agent: Agent, _ token: StreamToken, isResumed: Bool
    ) -> TwiML {
        // Heard where the action could not be asked, or where the request did not say how to reach us.
        let apology: [TwiML.Verb] = [.say(agent.fallback.say ?? Self.apology, language: agent.language), .hangup]
        guard let url = address.stream(for: visitor) else {
            report(
                "carrier.no_public_url", "The request names no host, so the stream has no address. Set public_url.",
                call: record.id.description, agent: agent.id)
            return TwiML(apology)
        }
        // A name is one stream's.
        let name = isResumed ? "\(record.id)-\(token.expiry.millisecondsSince1970)" : record.id.description
        var parameters = [TwiMLStream.Parameter("token", token.text), TwiMLStream.Parameter("agent", agent.id)]
        if isResumed { parameters.append(TwiMLStream.Parameter("resumes", record.id.description)) }
        let stream = TwiMLStream(
            url: url, name: name, statusCallback: callback("/twilio/stream-status", visitor), parameters: parameters)
        return TwiML([.connect(stream, action: callback("/twilio/connect-ended", visitor))] + apology)
    }

    func callback(_ path: String, _ visitor: Visitor) -> TwilioCallback? {
        address.url(path, for: visitor).map { TwilioCallback($0, isRetried: true) }
    }
}
