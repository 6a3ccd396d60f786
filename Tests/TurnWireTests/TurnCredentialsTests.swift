import Testing
import Timeline
import TurnWire
import Wording

@Suite("TURN credentials")
struct TurnCredentialsTests {
    @Test(
        "A name that carries its end is proved with the shared secret",
        arguments: [
            ("north", "probe", 1_893_456_000, "u89ewXmfZlM1QqLBJG2cgGoH9v8="),
            ("s3cr3t-key", "alice", 1_700_000_000, "G6BH/AT1x/MxYa0PSaC0fi01VVU="),
        ])
    func timeLimited(secret: String, user: String, expiry: Int64, password: String) {
        let now = UTCTime(millisecondsSince1970: (expiry - 300) * 1_000)
        let login = TurnCredentials.timeLimited(secret: Secret(secret)).login(
            for: user, lifetime: .seconds(300), at: now)
        #expect(login.username == "\(expiry):\(user)")
        #expect(login.password.revealed() == password)
    }

    @Test("Fixed ones are what they are")
    func fixed() {
        let credentials = TurnCredentials.fixed(username: "probe", password: Secret("s3cret"))
        let login = credentials.login(for: "x", lifetime: .seconds(1), at: UTCTime(millisecondsSince1970: 0))
        #expect(login == TurnLogin(username: "probe", password: Secret("s3cret")))
    }
}
