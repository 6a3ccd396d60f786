internal import Wording

extension CarrierWriter {
    /// For the Twilio stream of this name. Exactly these members: Twilio drops a message that has one more or less.
    public init(twilioStream stream: String) {
        var name = JSONWriter()
        name.string(stream)
        self.init(
            media: Frame(
                head: #"{"event":"media","streamSid":\#(name.text),"media":{"payload":""#, tail: #""}}"#),
            mark: Frame(head: #"{"event":"mark","streamSid":\#(name.text),"mark":{"name":""#, tail: #""}}"#),
            clear: #"{"event":"clear","streamSid":\#(name.text)}"#)
    }
}
