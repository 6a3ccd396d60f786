/// What a server makes of a request that may want to become a WebSocket (RFC 6455 section 4.2).
public enum WebSocketUpgrade: Hashable, Sendable {
    /// An ordinary request.
    case notAnUpgrade
    case accept(Acceptance)
    case refuse(Refusal)

    public struct Acceptance: Hashable, Sendable {
        /// The value of `Sec-WebSocket-Accept`.
        public let accept: String
        /// What the client would like to speak, best first.
        public let subprotocols: [String]

        /// The 101 answer. No extension is ever agreed on.
        ///
        /// - Parameter subprotocol: One of `subprotocols`, or nil.
        public func response(subprotocol: String? = nil, headers: Headers = [:]) -> ResponseHead {
            var all: Headers = ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept]
            if let subprotocol { all.append("Sec-WebSocket-Protocol", subprotocol) }
            all.append(contentsOf: headers)
            return ResponseHead(status: 101, headers: all)
        }
    }

    public struct Refusal: Hashable, Sendable {
        public let status: Int
        /// What was wrong, for people.
        public let message: String
        /// What the answer must carry beside its usual fields.
        public let headers: Headers

        init(_ message: String) {
            status = 400
            self.message = message
            headers = [:]
        }

        private init(status: Int, message: String, headers: Headers) {
            self.status = status
            self.message = message
            self.headers = headers
        }

        /// The answer to a client that speaks another version, or that asks for a media path without an upgrade.
        public static let upgradeRequired = Refusal(
            status: 426, message: "This path speaks WebSocket version 13 only.",
            headers: ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"])
    }

    /// Any upgrade but a right one to WebSocket is refused, not ignored: nobody who asks for another protocol (h2c, say)
    /// gets an answer in this one and goes on talking.
    public init(_ head: RequestHead) {
        guard head.headers.contains("Upgrade") else {
            self = .notAnUpgrade
            return
        }
        do throws(Rejection) {
            self = .accept(try Self.check(head))
        } catch {
            self = .refuse(error.refusal)
        }
    }

    private struct Rejection: Error {
        let refusal: Refusal
    }

    private static func check(_ head: RequestHead) throws(Rejection) -> Acceptance {
        func require(_ holds: Bool, _ message: String) throws(Rejection) {
            if !holds { throw Rejection(refusal: Refusal(message)) }
        }
        let headers = head.headers
        try require(headers.list("Upgrade", contains: "websocket"), "The only upgrade spoken here is websocket.")
        try require(head.method == "GET" && head.version == .http11, "A WebSocket opens with GET and HTTP/1.1.")
        try require(headers.list("Connection", contains: "upgrade"), "Connection must list upgrade.")
        try require(head.body == .empty, "A request for an upgrade has no body.")
        let versions = headers.values(of: "Sec-WebSocket-Version")
        guard versions == ["13"] else { throw Rejection(refusal: .upgradeRequired) }
        let keys = headers.values(of: "Sec-WebSocket-Key")
        guard keys.count == 1, let key = WebSocketKey(text: keys[0]) else {
            throw Rejection(refusal: Refusal("Sec-WebSocket-Key must be 16 bytes in base64, once."))
        }
        let subprotocols = headers.list("Sec-WebSocket-Protocol")
        let isClean =
            subprotocols.allSatisfy { FieldSyntax.isToken($0.utf8.span) }
            && Set(subprotocols).count == subprotocols.count
        try require(isClean, "Sec-WebSocket-Protocol must list names, each once.")
        return Acceptance(accept: key.accept, subprotocols: subprotocols)
    }
}
