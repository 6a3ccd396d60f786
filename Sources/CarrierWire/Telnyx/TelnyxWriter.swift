extension CarrierWriter {
    /// For a Telnyx stream. What is sent names no stream: a socket carries one.
    static let telnyx = CarrierWriter(
        media: Frame(head: #"{"event":"media","media":{"payload":""#, tail: #""}}"#),
        mark: Frame(head: #"{"event":"mark","mark":{"name":""#, tail: #""}}"#),
        clear: #"{"event":"clear"}"#)
}
