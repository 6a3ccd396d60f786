internal import HTTPWire

/// What the carrier's REST API is asked for, by method and path.
struct CarrierOrder: Hashable {
    enum Subject: Hashable {
        case calls
        case call(String)
        case numbers
        case number(String)
    }

    let account: String
    let subject: Subject
    let isChange: Bool

    /// What a fault can be limited to.
    var operation: CarrierFault.Operation {
        switch subject {
        case .calls: isChange ? .create : .list
        case .call: isChange ? .update : .fetch
        case .numbers, .number: .numbers
        }
    }

    /// - Throws: For a path where nothing is, and a method that is not known there.
    init(_ head: RequestHead) throws(CarrierRefusal) {
        let parts = head.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[1] == "2010-04-01", parts[2] == "Accounts", parts.last?.hasSuffix(".json") == true
        else { throw .notFound(head.path) }
        account = String(parts[3])
        let names = parts.dropFirst(4).joined(separator: "/").dropLast(".json".count).split(separator: "/")
        switch (names.first, names.count) {
        case ("Calls", 1): subject = .calls
        case ("Calls", 2): subject = .call(String(names[1]))
        case ("IncomingPhoneNumbers", 1): subject = .numbers
        case ("IncomingPhoneNumbers", 2): subject = .number(String(names[1]))
        default: throw .notFound(head.path)
        }
        switch (head.method, subject) {
        case ("GET", _): isChange = false
        case ("POST", .calls), ("POST", .call), ("POST", .number): isChange = true
        default: throw CarrierRefusal(405, 20_004, "Method not allowed")
        }
    }
}
