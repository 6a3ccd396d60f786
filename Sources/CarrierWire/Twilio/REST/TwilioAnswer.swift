internal import JSONWire
public import Timeline

/// An answer of Twilio's REST API, to be read as what was asked for.
public struct TwilioAnswer: Hashable, Sendable {
    private let httpStatus: Int
    private let body: [UInt8]
    private let retryAfter: Duration?

    /// - Parameter retryAfter: The header of this name, as it came.
    public init(httpStatus: Int, body: [UInt8], retryAfter: String? = nil, now: UTCTime) {
        self.httpStatus = httpStatus
        self.body = body
        self.retryAfter = retryAfter.flatMap { Duration(retryAfter: $0, now: now) }
    }

    public func call() throws(CarrierError) -> TwilioCall {
        try read { object throws(JSONError) in try TwilioCall(object) }
    }

    public func account() throws(CarrierError) -> TwilioAccount {
        try read { object throws(JSONError) in try TwilioAccount(object) }
    }

    public func calls() throws(CarrierError) -> TwilioPage<TwilioCall> {
        try read { object throws(JSONError) in
            try TwilioPage(object, "calls") { item throws(JSONError) in try TwilioCall(item) }
        }
    }

    public func phoneNumber() throws(CarrierError) -> TwilioPhoneNumber {
        try read { object throws(JSONError) in try TwilioPhoneNumber(object) }
    }

    public func phoneNumbers() throws(CarrierError) -> TwilioPage<TwilioPhoneNumber> {
        try read { object throws(JSONError) in
            try TwilioPage(object, "incoming_phone_numbers") { item throws(JSONError) in try TwilioPhoneNumber(item) }
        }
    }

    private func read<Value>(_ value: (JSONObject) throws(JSONError) -> Value) throws(CarrierError) -> Value {
        // A success that cannot be read is none to us: nobody could go on with it. The failure shows how its body begins.
        if (200..<300).contains(httpStatus), let object = try? JSONObject(parsing: body.span),
            let value = try? value(object)
        {
            return value
        }
        throw .refused(TwilioFailure(httpStatus: httpStatus, body: body.span, retryAfter: retryAfter))
    }
}

/// A part of a list.
public struct TwilioPage<Item: Hashable & Sendable>: Hashable, Sendable {
    public let items: [Item]
    /// The target of the next page, for `TwilioAPI.page(_:)`.
    public let next: String?

    init(_ object: JSONObject, _ name: String, _ item: (JSONObject) throws(JSONError) -> Item) throws(JSONError) {
        var items: [Item] = []
        for element in try object.array(name) {
            guard case .object(let element) = element else {
                throw .wrongType(name, expected: .object, found: element.kind)
            }
            items.append(try item(element))
        }
        self.items = items
        next = try object.optionalString("next_page_uri")
    }
}
