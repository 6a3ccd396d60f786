import CallCore
import Testing
import Timeline
import Wording

@Suite("Stream token")
struct StreamTokenTests {
    private static let secret = Secret("s3cret")
    private static let now = UTCTime(millisecondsSince1970: 1_768_473_000_000)
    private static let expiry = UTCTime(millisecondsSince1970: 1_768_473_060_000)

    private static func token(call: String = "CA1", agent: String = "default", secret: Secret = secret) -> StreamToken {
        StreamToken(call: call, agent: agent, expiry: expiry, secret: secret)
    }

    private static func refusal(
        _ text: String, call: String = "CA1", agent: String = "default", now: UTCTime = now
    ) -> StreamToken.Refusal? {
        do throws(StreamToken.Refusal) {
            _ = try StreamToken(checking: text, call: call, agent: agent, secret: secret, now: now)
            return nil
        } catch {
            return error
        }
    }

    /// Made with Python's hmac and hashlib.
    @Test("It is HMAC-SHA256 over call, agent and expiry, each with its length")
    func vector() {
        #expect(
            Self.token().text
                == "1768473060000-b7b518a971f82711d3ca182b42b0aa3171d920431031854612103f6cc3bed768")
    }

    @Test(
        "Its own call and agent get in, until it expires",
        arguments: [(59_999, nil), (60_000, StreamToken.Refusal.expired)])
    func expiry(after milliseconds: Int, expected: StreamToken.Refusal?) {
        let now = UTCTime(millisecondsSince1970: Self.now.millisecondsSince1970 + Int64(milliseconds))
        #expect(Self.refusal(Self.token().text, now: now) == expected)
    }

    @Test("Another call, agent, secret or expiry is refused, and so is what slides from one part into the next")
    func wrong() {
        #expect(Self.refusal(Self.token(call: "CA2").text) == .wrong)
        #expect(Self.refusal(Self.token(agent: "other").text) == .wrong)
        #expect(Self.refusal(Self.token(secret: Secret("else")).text) == .wrong)
        #expect(Self.refusal(Self.token(call: "CA1d", agent: "efault").text) == .wrong)
        let later = Self.token().text.replacing("1768473060000", with: "1768473061000")
        #expect(Self.refusal(later) == .wrong)
    }

    @Test(
        "What is no token is malformed",
        arguments: [
            "", "-", "1-", "x-00", "1768473060000-00", "99999999999999999999-" + String(repeating: "0", count: 64),
        ])
    func malformed(text: String) {
        #expect(Self.refusal(text) == .malformed)
    }

    @Test("A token is used once")
    func once() throws {
        var used = UsedTokens()
        try used.use(Self.token(), now: Self.now)
        #expect(throws: StreamToken.Refusal.used) { try used.use(Self.token(), now: Self.now) }
        try used.use(Self.token(call: "CA2"), now: Self.now)
    }

    @Test("What has expired is forgotten, and past the capacity what expires first")
    func bounded() throws {
        var used = UsedTokens(capacity: 2)
        for offset in 0..<3 {
            let expiry = UTCTime(millisecondsSince1970: Self.expiry.millisecondsSince1970 + Int64(offset))
            try used.use(StreamToken(call: "CA", agent: "a", expiry: expiry, secret: Self.secret), now: Self.now)
        }
        #expect(used.count == 2)
        let later = UTCTime(millisecondsSince1970: Self.expiry.millisecondsSince1970 + 10)
        let fresh = UTCTime(millisecondsSince1970: Self.expiry.millisecondsSince1970 + 20)
        try used.use(StreamToken(call: "CA", agent: "a", expiry: fresh, secret: Self.secret), now: later)
        #expect(used.count == 1)
    }
}
