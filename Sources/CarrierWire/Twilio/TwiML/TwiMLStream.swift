public import Addresses

/// `<Stream>` inside `<Connect>`: the call's audio goes to our socket and ours to the caller.
public struct TwiMLStream: Hashable, Sendable {
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Twilio's limit is fewer than 500 characters for name and value together.
    public static let maximumParameterCharacterCount = 499

    /// Twilio drops a query, so there is none: what the stream must know stands in the parameters.
    public var url: WebURL
    /// Once per call; Twilio takes its own id if there is none.
    public var name: String?
    public var statusCallback: TwilioCallback?
    public var parameters: [Parameter]

    public init(
        url: WebURL, name: String? = nil, statusCallback: TwilioCallback? = nil, parameters: [Parameter] = []
    ) {
        self.url = url
        self.name = name
        self.statusCallback = statusCallback
        self.parameters = parameters
    }

    func check() throws(CarrierError) {
        guard url.scheme == .wss || url.scheme == .ws, url.query == nil else { throw .unusableURL(url) }
        for parameter in parameters {
            let count = parameter.name.unicodeScalars.count + parameter.value.unicodeScalars.count
            guard count <= Self.maximumParameterCharacterCount else { throw .streamParameterTooLong(parameter.name) }
        }
    }

    func write(to xml: inout XMLWriter) {
        let attributes = [
            ("url", url.description), ("name", name), ("statusCallback", statusCallback?.text),
            ("statusCallbackMethod", statusCallback.map { _ in "POST" }),
        ]
        xml.element("Stream", attributes) {
            for parameter in parameters {
                $0.element("Parameter", [("name", parameter.name), ("value", parameter.value)])
            }
        }
    }
}
