import Addresses
import CarrierWire
import Wording

/// A form that was read can be written and read again, its webhooks never trap, and its signature covers each byte.
@Sendable
func fuzzForm(_ input: inout FuzzInput) {
    let body = input.rest()
    guard let form = try? WebForm(parsing: body.span) else { return }
    require(form.fields.count <= WebForm.maximumFieldCount, "too many fields")
    require(form.fields.reduce(0) { $0 + $1.nameBytes.count + $1.valueBytes.count } <= body.count, "more than came")
    let encoded = form.encoded
    require((try? WebForm(parsing: encoded.span)) == form, "a form differs when written")

    if let request = try? TwilioVoiceRequest(form) { require(!request.call.call.isEmpty, "a call without id") }
    if let callback = try? TwilioStatusCallback(form) { require(callback.sequence ?? 0 >= 0, "a negative sequence") }
    if let callback = try? TwilioStreamCallback(form) { require(!callback.identity.isEmpty, "no identity") }
    if let ended = try? TwilioConnectEnded(form) { require(ended.form == form, "another form") }
    if let detection = try? TwilioMachineDetection(form) {
        require(detection.took ?? .zero >= .zero, "before it began")
    }
    checkSignature(form)
}

private func checkSignature(_ form: WebForm) {
    let token = Secret("token")
    guard let origin = try? WebURL("https://pb.example.com") else { fatalError("no URL") }
    let signature = TwilioSignature.text(url: "https://pb.example.com/v", form: form, token: token)
    let checker = TwilioSignature(tokens: [token])
    func passes(_ form: WebForm) -> Bool {
        let request = TwilioSignedRequest(origin: origin, target: "/v", content: .form(form))
        return (try? checker.check(request, header: [signature])) != nil
    }
    require(passes(form), "a signed form is refused")
    var more = form
    more.append("\u{1}more", "1")
    // One that was there already is signed, however often it comes.
    let isNew = !form.fields.contains(more.fields[more.fields.count - 1])
    require(passes(more) != isNew, "a form passes with a field that was not signed")
}
