public import HTTPWire

/// An answer whose body is at hand.
public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    public var headers: Headers
    public var body: [UInt8]

    public init(status: Int, headers: Headers = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func text(_ status: Int, _ text: String, headers: Headers = [:]) -> HTTPResponse {
        var all: Headers = ["Content-Type": "text/plain; charset=utf-8"]
        all.append(contentsOf: headers)
        return HTTPResponse(status: status, headers: all, body: Array("\(text)\n".utf8))
    }
}

extension HTTPResponse {
    public init(_ refusal: WebSocketUpgrade.Refusal) {
        self = .text(refusal.status, refusal.message, headers: refusal.headers)
    }
}
