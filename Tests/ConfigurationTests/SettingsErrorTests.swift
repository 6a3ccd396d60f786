import Configuration
import Testing

@Suite("Settings that cannot be used")
struct SettingsErrorTests {
    @Test(
        "In the file, are named with file, line and column, what is wrong and what would be right",
        arguments: [
            ("{\n  lisen: 'x' }", "2:3: there is no setting 'lisen'; did you mean 'listen'?"),
            ("{\n log: {\n  levle: 'x' } }", "3:3: there is no setting 'log.levle'; did you mean 'log.level'?"),
            ("{ zebra: 1 }", "1:3: there is no setting 'zebra'"),
            ("{ limit: {} }", "1:3: there is no setting 'limit'; did you mean 'limits'?"),
            (
                "{ 'limits.calls': 5 }",
                "1:3: there is no setting 'limits.calls' by this spelling; write { limits: { calls: … } }"
            ),
            ("{ limits: 5 }", "1:11: 'limits' cannot be a number: expected an object of settings"),
            ("[]", "1:1: the file holds a list: expected an object of settings"),
            ("{ listen: 1,\n listen: 2 }", "2:2: 'listen' is given twice"),
            ("{ listen: 'a:1' b }", "1:17: expected ',' or '}' after the value of 'listen', found 'b'"),
            (
                "{ listen: 8080 }",
                "1:11: 'listen' cannot be the number 8080: expected an address such as \"127.0.0.1:8080\" "
                    + "or \"[::1]:8080\""
            ),
            (
                "{ limits: { calls: 'many' } }",
                "1:20: 'limits.calls' cannot be \"many\": expected \"auto\" or a whole number from 0 to 1000000"
            ),
            (
                "{ limits: { calls: -1 } }",
                "1:20: 'limits.calls' cannot be the number -1: expected \"auto\" or a whole number from 0 to 1000000"
            ),
            (
                "{ limits: { calls_per_second: 1.5 } }",
                "1:31: 'limits.calls_per_second' cannot be the number 1.5: expected a whole number from 0 to 1000000"
            ),
            (
                "{ timeouts: { start_s: '10' } }",
                "1:24: 'timeouts.start_s' cannot be \"10\": expected a number of seconds from 0 to 31536000"
            ),
            (
                "{ timeouts: { start_s: Infinity } }",
                "1:24: 'timeouts.start_s' cannot be the number inf: expected a number of seconds from 0 to 31536000"
            ),
            (
                "{ turn: { critical: 1 } }",
                "1:21: 'turn.critical' cannot be the number 1: expected true or false"
            ),
            (
                "{ log: { level: 'loud' } }",
                "1:17: 'log.level' cannot be \"loud\": expected \"debug\", \"info\", \"warning\" or \"error\""
            ),
            (
                "{ public_url: 'ftp://x' }",
                "1:15: 'public_url' cannot be \"ftp://x\": expected a URL that begins with https:// or http://"
            ),
            (
                "{ events: { url: 'https://me:pw@x/' } }",
                "1:18: 'events.url' cannot be this: expected a URL without user name and password in it"
            ),
            (
                "{ elevenlabs: { url: 'ws://example.com' } }",
                "1:22: 'elevenlabs.url' cannot be \"ws://example.com\": expected a URL that begins with wss:// or "
                    + "ws:// and has no path (without TLS only to this machine)"
            ),
            (
                "{ trusted_proxies: ['::1',\n 'proxy.example'] }",
                "2:2: 'trusted_proxies' cannot be \"proxy.example\": expected an IP address or range such as "
                    + "\"10.0.0.0/8\""
            ),
            (
                "{ database: 'postgres://x' }",
                "1:13: 'database' cannot be \"postgres://x\": expected \"sqlite:FILE\" or \"sqlite::memory:\""
            ),
            ("{ openai: { api_key: 12 } }", "1:22: 'openai.api_key' cannot be this: expected text without line breaks"),
            ("{ node: 'a\\nb' }", "1:9: 'node' cannot be \"a\\nb\": expected a name"),
            ("{ tls: { key: 'k.pem' } }", ": 'tls.key' needs 'tls.certificate' beside it"),
        ])
    func inFile(file: String, problem: String) {
        let message = failure { try load(file: file) }
        #expect(message == "patchbay.json5:" + (problem.hasPrefix(":") ? "1" : "") + problem)
    }

    @Test(
        "In the environment, are named with the variable",
        arguments: [
            (
                ["PATCHBAY_LOOPS": "many"],
                "PATCHBAY_LOOPS: 'loops' cannot be \"many\": expected a whole number from 1 to 1024"
            ),
            (
                ["PATCHBAY_HEALTH_EVERY": "1e3"],
                "PATCHBAY_HEALTH_EVERY: 'health.every_s' cannot be \"1e3\": expected a number of seconds from 0 to "
                    + "31536000"
            ),
            (
                ["PATCHBAY_TWILIO_VALIDATE": "maybe"],
                "PATCHBAY_TWILIO_VALIDATE: 'twilio.validate' cannot be \"maybe\": expected true or false"
            ),
            (
                ["PATCHBAY_LISTEN": "\u{1B}[2J"],
                "PATCHBAY_LISTEN: 'listen' cannot be \"\\u{1b}[2J\": expected an address such as \"127.0.0.1:8080\" "
                    + "or \"[::1]:8080\""
            ),
            (
                ["PATCHBAY_DIAL_PREFIXES": "+1,,+2"],
                "PATCHBAY_DIAL_PREFIXES: 'limits.dial_prefixes' cannot be \"+1,,+2\": expected a prefix such as "
                    + "\"+1\" or \"+4930\""
            ),
            (
                ["OPENAI_API_KEY": "a", "OPENAI_API_KEY_FILE": "/f"],
                "OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set: expected one of them"
            ),
            (
                ["OPENAI_API_KEY_FILE": "/none"],
                "OPENAI_API_KEY_FILE: the file /none cannot be read: there is no such file"
            ),
            (
                ["OPENAI_API_KEY_FILE": "/empty"],
                "OPENAI_API_KEY_FILE: 'openai.api_key' cannot be this: expected text without line breaks"
            ),
            (
                ["PATCHBAY_TWILIO_VALIDATE": "true"],
                "PATCHBAY_TWILIO_VALIDATE: 'twilio.validate' cannot be true without 'twilio.auth_token', which "
                    + "signatures are checked with"
            ),
            (
                ["PATCHBAY_TURN_SECRET": "a", "PATCHBAY_TURN_CREDENTIAL": "b", "PATCHBAY_TURN_USERNAME": "c"],
                "PATCHBAY_TURN_SECRET: 'turn.secret' does not go with 'turn.credential': expected the secret for "
                    + "time-limited credentials, or user name and credential for fixed ones"
            ),
            (
                ["TWILIO_API_KEY_SID": "SK"],
                "TWILIO_API_KEY_SID: 'twilio.api_key_sid' needs 'twilio.api_key_secret' beside it"
            ),
            (
                ["PATCHBAY_OPS_LISTEN": "127.0.0.1:8080"],
                "PATCHBAY_OPS_LISTEN: 'ops_listen' cannot be the same address as 'listen': expected another port, or "
                    + "none"
            ),
        ] as [([String: String], String)])
    func inEnvironment(environment: [String: String], problem: String) {
        #expect(failure { try load(environment, files: ["/empty": "\n"]) } == problem)
    }

    @Test("In a flag, are named with the flag")
    func inFlag() {
        let flags: [(ConfigurationSources.Flag, String)] = [
            (
                .init(name: "--loops", key: "loops", value: "x"),
                "--loops: 'loops' cannot be \"x\": expected a whole number from 1 to 1024"
            ),
            (
                .init(name: "--set", key: "limits.call", value: "1"),
                "--set: there is no setting 'limits.call'; did you mean 'limits.calls'?"
            ),
            (
                .init(name: "--set", key: "agents", value: "[]"),
                "--set: 'agents' cannot be \"[]\": expected a list of objects, each with its \"id\""
            ),
        ]
        for (flag, problem) in flags { #expect(failure { try load(flags: [flag]) } == problem) }
    }

    @Test("A file that was asked for must be there; the usual one need not")
    func missingFile() {
        #expect(failure { try load() } == nil)
        #expect(
            failure { try load(configPath: "other.json5") } == "other.json5 cannot be read: there is no such file")
    }

    @Test("Every setting's message says what is expected")
    func everyExpectation() {
        for setting in Setting.all {
            let inner = "\(setting.key.split(separator: ".").last ?? ""): { no: 'thing' }"
            let file =
                setting.key.contains(".") ? "{ \(setting.key.split(separator: ".")[0]): { \(inner) } }" : "{ \(inner) }"
            let message = failure { try load(file: file) } ?? ""
            #expect(message.contains("'\(setting.key)' cannot be"))
            #expect(message.hasSuffix("expected \(setting.expected)"))
        }
    }
}

@Suite("Settings worth a warning")
struct SettingsWarningTests {
    @Test(
        "Are named, and stop nothing",
        arguments: [
            (
                ["PATCHBAY_LISTN": "x"],
                ["PATCHBAY_LISTN is ignored: there is no such setting; did you mean 'PATCHBAY_LISTEN'?"]
            ),
            (["PATCHBAY_COFFEE": "x"], ["PATCHBAY_COFFEE is ignored: there is no such setting"]),
            (["PATCHBAY_LOOPS_FILE": "x"], ["PATCHBAY_LOOPS_FILE is ignored: only secrets are read from files"]),
            (["OTHER_LISTEN": "x"], []),
            (
                ["PATCHBAY_PUBLIC_URL": "http://bridge.example.com"],
                ["public_url is http://bridge.example.com, without TLS: carriers need https"]
            ),
            (
                ["PATCHBAY_PUBLIC_URL": "https://localhost"],
                ["public_url is https://localhost, which only this machine reaches: carriers cannot"]
            ),
            (["PATCHBAY_PUBLIC_URL": "https://bridge.example.com"], []),
        ] as [([String: String], [String])])
    func warnings(environment: [String: String], expected: [String]) throws {
        #expect(try load(environment).warnings == expected)
    }
}
