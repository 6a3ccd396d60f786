import HTTPWire
import Testing

/// One rule of RFC 6455: what a peer sends, and what it must come to. Numbers as in the Autobahn test suite.
struct WebSocketCase: CustomTestStringConvertible, Sendable {
    let name: String
    let limit: Int
    let bytes: @Sendable (WebSocketPeer) -> [UInt8]
    let expected: [Seen]

    init(
        _ name: String, limit: Int = 1 << 20, _ bytes: @escaping @Sendable (WebSocketPeer) -> [UInt8],
        _ expected: Seen...
    ) {
        self.name = name
        self.limit = limit
        self.bytes = bytes
        self.expected = expected
    }

    var testDescription: String { name }

    /// The rule holds however the bytes are cut.
    func check(role: WebSocketRole) {
        let bytes = bytes(WebSocketPeer(role: role))
        #expect(events(bytes, role: role, limit: limit) == expected)
        for cut in cutsToTry(bytes.count) where events(bytes, role: role, limit: limit, cuts: [cut]) != expected {
            Issue.record("\(name): cut at \(cut)")
        }
        #expect(events(bytes, role: role, limit: limit, cuts: Array(1..<max(1, bytes.count))) == expected)
    }
}

let bothRoles: [WebSocketRole] = [.server, .client]

func repeated(_ byte: Character, _ count: Int) -> [UInt8] { Array(repeating: byte.asciiValue ?? 0, count: count) }
