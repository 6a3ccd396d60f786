import HTTPWire
import Testing
import Wording

@testable import FrontDoor

@Suite("Bearer tokens")
struct BearerTokensTests {
    private static let some = BearerTokens(
        [.init(Secret("writer"), isReadOnly: false), .init(Secret("reader"), isReadOnly: true)], isReachable: true)

    private static func code(_ tokens: BearerTokens, _ visitor: Visitor) -> String? {
        do throws(Problem) {
            try tokens.check(visitor)
            return nil
        } catch {
            #expect(error.status == (error.code == "auth.read_only" ? 403 : 401))
            #expect((error.headers["WWW-Authenticate"] != nil) == (error.status == 401))
            return error.code
        }
    }

    @Test(
        "One of the tokens lets in, and nothing else",
        arguments: [
            ("Bearer writer", nil), ("bearer  writer", nil), ("BEARER reader", nil),
            ("Bearer write", "auth.token_wrong"), ("Bearer writerx", "auth.token_wrong"),
            ("Bearer", "auth.token_missing"), ("Basic writer", "auth.token_missing"), ("writer", "auth.token_missing"),
            ("Bearer writer reader", "auth.token_missing"), ("", "auth.token_missing"),
        ])
    func lets(header: String, expected: String?) throws {
        let request = try someone(from: "203.0.113.9", host: "voice.example.com", ["Authorization": header])
        #expect(Self.code(Self.some, request) == expected)
    }

    @Test("Two Authorization headers are none")
    func twice() throws {
        let headers: Headers = ["Authorization": "Bearer writer", "authorization": "Bearer writer"]
        #expect(Self.code(Self.some, try someone(headers)) == "auth.token_missing")
    }

    @Test("A token that may only read does not change anything", arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func readOnly(method: String) throws {
        func request(_ token: String, _ method: String) throws -> Visitor {
            try someone(["Authorization": "Bearer \(token)"], method: method)
        }
        #expect(Self.code(Self.some, try request("reader", method)) == "auth.read_only")
        #expect(Self.code(Self.some, try request("writer", method)) == nil)
        #expect(Self.code(Self.some, try request("reader", "HEAD")) == nil)
    }

    @Test("A token that is listed as both may write")
    func both() throws {
        let tokens = BearerTokens(
            [.init(Secret("a"), isReadOnly: true), .init(Secret("a"), isReadOnly: false)], isReachable: false)
        #expect(Self.code(tokens, try someone(["Authorization": "Bearer a"], method: "POST")) == nil)
    }

    @Test("Without tokens this machine alone comes in, until the bridge is made known to the world")
    func local() throws {
        let closed = "auth.no_token_configured"
        #expect(Self.code(BearerTokens([], isReachable: false), try someone()) == nil)
        #expect(Self.code(BearerTokens([], isReachable: true), try someone()) == closed)
        #expect(Self.code(BearerTokens([], isReachable: false), try someone(from: "10.0.0.1")) == closed)
        #expect(Self.code(BearerTokens([], isReachable: false), try someone(["Via": "1.1 proxy"])) == closed)
        #expect(Self.code(BearerTokens([], isReachable: false), try someone(host: "evil.example")) == closed)
    }

    @Test("Once there are tokens, this machine needs one, too")
    func localWithTokens() throws {
        let tokens = BearerTokens([.init(Secret("a"), isReadOnly: false)], isReachable: false)
        #expect(Self.code(tokens, try someone()) == "auth.token_missing")
    }
}
