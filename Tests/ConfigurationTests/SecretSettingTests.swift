import Configuration
import Foundation
import Testing
import Wording

@Suite("Secret settings")
struct SecretSettingTests {
    private static let secrets = Setting.all.filter(\.isSecret)
    private static let marker = "hunter2"

    @Test("Are all those that let someone in or sign something")
    func which() {
        #expect(
            Self.secrets.map(\.key) == [
                "secret", "api_tokens", "twilio.auth_token", "twilio.api_key_secret", "telnyx.stream_token",
                "openai.api_key", "elevenlabs.api_key", "elevenlabs.webhook_secret", "turn.credential", "turn.secret",
                "events.secret",
            ])
    }

    @Test("Are read from the file that NAME_FILE names, without the newline at its end", arguments: secrets)
    func fromFile(setting: Setting) throws {
        let name = try #require(setting.environmentFile)
        for ending in ["", "\n", "\r\n"] {
            let environment = [
                name: "/secret", "TWILIO_API_KEY_SID": "SK", "TWILIO_API_KEY_SECRET": "x",
                "PATCHBAY_TURN_USERNAME": "u", "PATCHBAY_TURN_CREDENTIAL": "x",
            ].filter { $0.key == name || isPartner($0.key, of: setting) }
            let effective = try load(environment, files: ["/secret": Self.marker + ending])
            let settings = effective.settings
            let found: [Secret?] =
                [
                    settings.secret, settings.apiTokens.first?.token, settings.twilio.authTokens.first,
                    settings.twilio.apiKeySecret, settings.telnyx.streamTokens.first, settings.openAI.apiKey,
                    settings.elevenLabs.apiKey,
                    settings.elevenLabs.webhookSecret, settings.turn.credential, settings.turn.secret,
                    settings.events.secret,
                ]
            #expect(found.compactMap { $0 } == [Secret(Self.marker)])
        }
    }

    private func isPartner(_ name: String, of setting: Setting) -> Bool {
        switch setting.key {
        case "twilio.api_key_secret": name == "TWILIO_API_KEY_SID"
        case "turn.credential": name == "PATCHBAY_TURN_USERNAME"
        default: false
        }
    }

    @Test("Are never shown: not listed, not in JSON, not when printed", arguments: secrets)
    func hidden(setting: Setting) throws {
        var environment = [try #require(setting.environment): Self.marker]
        if setting.key == "twilio.api_key_secret" { environment["TWILIO_API_KEY_SID"] = "SK" }
        if setting.key == "turn.credential" { environment["PATCHBAY_TURN_USERNAME"] = "u" }
        let effective = try load(environment)
        var dumped = ""
        dump(effective, to: &dumped)
        for text in [effective.listing(), effective.json(), dumped, "\(effective)", "\(effective.settings)"] {
            #expect(!text.contains(Self.marker))
            #expect(text.contains("•••"))
        }
    }

    @Test(
        "Are in no error, wherever they stand and whatever is wrong",
        arguments: [
            "{ openai: { api_key: hunter2 } }", "{ openai: { api_key: 'hunter2\\n' } }", "{ openai: 'hunter2' }",
            "{ openai: { api_key: 'hunter2' x } }", "{ openai: { api_key: 'hunter2 } }", "'hunter2'",
            "{ openai: { api_key: ['hunter2'] } }", "{ api_tokens: ['hunter2\\n'] }", "{ api_tokens: [['hunter2']] }",
            "{ twilio: { api_key_secret: 'hunter2' } }", "{ turn: { secret: 'hunter2', credential: 'hunter2' } }",
            "{ api_tokens: 'hunter2,,' }", "{ tls: ['hunter2'] }", "{ events: { url: 'https://me:hunter2@x/#y' } }",
            "{ events: { url: 'https://me:hunter2 @x/' } }", "{ public_url: 'ftp://me:hunter2@x' }",
        ])
    func notInErrors(file: String) {
        let message = failure { try load(file: file) }
        #expect(message != nil)
        #expect(message?.contains(Self.marker) == false)
    }

    @Test("Are in no error of the environment", arguments: secrets)
    func notInEnvironmentErrors(setting: Setting) throws {
        let name = try #require(setting.environment)
        let message = failure { try load([name: "hunter2\u{7}"]) }
        #expect(message?.contains(Self.marker) == false)
        #expect(message?.hasPrefix("\(name): ") == true)
    }
}

@Suite("Settings, shown")
struct SettingsListingTests {
    @Test("The listing gives each setting one line with its value and origin")
    func listing() throws {
        let effective = try load(file: "{ limits: { calls: 5 } }", ["PATCHBAY_NODE": "here"])
        let lines = effective.listing().split(separator: "\n").map(String.init)
        #expect(lines.count == Setting.all.count)
        func words(_ key: String) -> [String] {
            lines.first { $0.hasPrefix("\(key) ") }?.split(separator: " ").map(String.init) ?? []
        }
        #expect(words("limits.calls") == ["limits.calls", "5", "patchbay.json5:1"])
        #expect(words("node") == ["node", #""here""#, "PATCHBAY_NODE"])
        #expect(words("loops") == ["loops", "none", "default"])
        #expect(!effective.listing().contains("\u{1B}"))
        let coloured = effective.listing(style: TerminalStyle(isTerminal: true) { _ in nil })
        #expect(coloured.contains("\u{1B}[1mlimits.calls"))
    }

    @Test("The JSON form names each origin")
    func json() throws {
        let effective = try load(
            file: "{\n loops: 2 }", ["PATCHBAY_NODE": "here", "PATCHBAY_X": "", "PATCHBAY_SECRET_FILE": "/s"],
            flags: [.init(name: "--listen", key: "listen", value: ":0")], files: ["/s": "x"])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(effective.json().utf8)) as? [String: Any])
        #expect((object["warnings"] as? [String])?.count == 1)
        let rows = try #require(object["settings"] as? [[String: Any]])
        func origin(_ key: String) -> NSDictionary? {
            rows.first { $0["key"] as? String == key }?["origin"] as? NSDictionary
        }
        #expect(origin("loops") == ["from": "file", "path": "patchbay.json5", "line": 2])
        #expect(origin("node") == ["from": "environment", "name": "PATCHBAY_NODE"])
        #expect(origin("secret") == ["from": "environment", "name": "PATCHBAY_SECRET_FILE", "path": "/s"])
        #expect(origin("listen") == ["from": "flag", "name": "--listen"])
        #expect(origin("database") == ["from": "default"])
    }
}
