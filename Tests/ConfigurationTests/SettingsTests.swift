import Addresses
import Configuration
import Telemetry
import Testing
import Wording

@Suite("Settings")
struct SettingsTests {
    /// Key, variable and default, as the page of the outer face has them.
    private static let contract: [(key: String, variable: String?, value: String)] = [
        ("listen", "PATCHBAY_LISTEN", #""127.0.0.1:8080""#),
        ("ops_listen", "PATCHBAY_OPS_LISTEN", "null"),
        ("public_url", "PATCHBAY_PUBLIC_URL", "null"),
        ("stream_url", "PATCHBAY_STREAM_URL", "null"),
        ("trusted_proxies", "PATCHBAY_TRUSTED_PROXIES", "[]"),
        ("database", "PATCHBAY_DATABASE", #""sqlite:patchbay.db""#),
        ("node", "PATCHBAY_NODE", "null"),
        ("loops", "PATCHBAY_LOOPS", "null"),
        ("secret", "PATCHBAY_SECRET", "null"),
        ("api_tokens", "PATCHBAY_API_TOKEN", "[]"),
        ("tls.certificate", "PATCHBAY_TLS_CERTIFICATE", "null"),
        ("tls.key", "PATCHBAY_TLS_KEY", "null"),
        ("tls.ca", "PATCHBAY_TLS_CA", "null"),
        ("log.level", "PATCHBAY_LOG_LEVEL", #""info""#),
        ("log.format", "PATCHBAY_LOG_FORMAT", "null"),
        ("twilio.account_sid", "TWILIO_ACCOUNT_SID", "null"),
        ("twilio.auth_token", "TWILIO_AUTH_TOKEN", "[]"),
        ("twilio.api_key_sid", "TWILIO_API_KEY_SID", "null"),
        ("twilio.api_key_secret", "TWILIO_API_KEY_SECRET", "null"),
        ("twilio.api_base", "TWILIO_API_BASE", #""https://api.twilio.com""#),
        ("twilio.validate", "PATCHBAY_TWILIO_VALIDATE", "null"),
        ("twilio.require_token", "PATCHBAY_TWILIO_REQUIRE_TOKEN", "false"),
        ("twilio.calls_per_second", "PATCHBAY_TWILIO_CPS", "1"),
        ("telnyx.stream_token", "TELNYX_STREAM_TOKEN", "[]"),
        ("telnyx.send_codec", "PATCHBAY_TELNYX_SEND_CODEC", "null"),
        ("telnyx.opus_framing", "PATCHBAY_TELNYX_OPUS_FRAMING", #""packet""#),
        ("openai.api_key", "OPENAI_API_KEY", "null"),
        ("openai.realtime_url", "OPENAI_REALTIME_URL", #""wss://api.openai.com/v1/realtime""#),
        ("openai.api_base", "OPENAI_BASE_URL", #""https://api.openai.com/v1""#),
        ("openai.model", "OPENAI_REALTIME_MODEL", #""gpt-realtime-2.1""#),
        ("elevenlabs.api_key", "ELEVENLABS_API_KEY", "null"),
        ("elevenlabs.url", "ELEVENLABS_URL", #""wss://api.elevenlabs.io""#),
        ("elevenlabs.agent_id", "ELEVENLABS_AGENT_ID", "null"),
        ("elevenlabs.webhook_secret", "ELEVENLABS_WEBHOOK_SECRET", "null"),
        ("turn.urls", "PATCHBAY_TURN_URLS", "[]"),
        ("turn.username", "PATCHBAY_TURN_USERNAME", "null"),
        ("turn.credential", "PATCHBAY_TURN_CREDENTIAL", "null"),
        ("turn.secret", "PATCHBAY_TURN_SECRET", "null"),
        ("turn.critical", "PATCHBAY_TURN_CRITICAL", "false"),
        ("health.every_s", "PATCHBAY_HEALTH_EVERY", "15"),
        ("health.failures", "PATCHBAY_HEALTH_FAILURES", "2"),
        ("readiness.full", "PATCHBAY_READINESS_FULL", #""ready""#),
        ("limits.calls", "PATCHBAY_MAX_CALLS", #""auto""#),
        ("limits.calls_per_second", "PATCHBAY_CALLS_PER_SECOND", "200"),
        ("limits.calls_per_caller_per_minute", "PATCHBAY_CALLS_PER_CALLER", "30"),
        ("limits.requests_per_second", "PATCHBAY_REQUESTS_PER_SECOND", "200"),
        ("limits.unstarted_per_address", "PATCHBAY_UNSTARTED_PER_ADDRESS", "100"),
        ("limits.dial_prefixes", "PATCHBAY_DIAL_PREFIXES", #"["+1"]"#),
        ("limits.dial_minutes_per_day", "PATCHBAY_DIAL_MINUTES", "0"),
        ("timeouts.start_s", "PATCHBAY_START_TIMEOUT", "10"),
        ("timeouts.expected_s", "PATCHBAY_EXPECTED_TIMEOUT", "30"),
        ("timeouts.upstream_connect_s", "PATCHBAY_UPSTREAM_CONNECT_TIMEOUT", "5"),
        ("timeouts.upstream_silence_s", "PATCHBAY_UPSTREAM_SILENCE", "15"),
        ("timeouts.first_media_s", "PATCHBAY_FIRST_MEDIA_TIMEOUT", "10"),
        ("timeouts.silence_s", "PATCHBAY_SILENCE_TIMEOUT", "15"),
        ("timeouts.heartbeat_s", "PATCHBAY_HEARTBEAT", "5"),
        ("timeouts.max_call_s", "PATCHBAY_MAX_CALL", "14400"),
        ("timeouts.schedule_expires_s", "PATCHBAY_SCHEDULE_EXPIRES", "900"),
        ("timeouts.stale_s", "PATCHBAY_STALE_AFTER", "1800"),
        ("timeouts.sweep_s", "PATCHBAY_SWEEP_EVERY", "30"),
        ("timeouts.drain_s", "PATCHBAY_DRAIN", "600"),
        ("timeouts.lame_duck_s", "PATCHBAY_LAME_DUCK", "5"),
        ("timeouts.store_s", "PATCHBAY_STORE_TIMEOUT", "5"),
        ("fallback.say", "PATCHBAY_FALLBACK_SAY", "null"),
        ("fallback.transfer_to", "PATCHBAY_FALLBACK_TRANSFER_TO", "null"),
        ("recording.directory", "PATCHBAY_RECORDINGS", "null"),
        ("capture.directory", "PATCHBAY_CAPTURE", "null"),
        ("retention.calls_days", "PATCHBAY_RETAIN_CALLS_DAYS", "365"),
        ("retention.transcripts_days", "PATCHBAY_RETAIN_TRANSCRIPTS_DAYS", "90"),
        ("retention.recordings_days", "PATCHBAY_RETAIN_RECORDINGS_DAYS", "90"),
        ("retention.captures_days", "PATCHBAY_RETAIN_CAPTURES_DAYS", "7"),
        ("events.url", "PATCHBAY_EVENTS_URL", "null"),
        ("events.secret", "PATCHBAY_EVENTS_SECRET", "null"),
        ("agents", nil, "[]"),
        ("numbers", nil, "[]"),
    ]

    @Test("Are exactly those of the contract, with its names and defaults")
    func contract() throws {
        let shown = try shownValues(load())
        #expect(Setting.all.map(\.key) == Self.contract.map(\.key))
        for (setting, entry) in zip(Setting.all, Self.contract) {
            #expect(setting.environment == entry.variable)
            #expect(shown[setting.key] == entry.value)
        }
    }

    @Test("Have one meaning for each name")
    func uniqueNames() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        let variables = Setting.all.compactMap(\.environment) + Setting.all.compactMap(\.environmentFile)
        #expect(Set(variables).count == variables.count)
    }

    @Test("The template, read back, changes nothing, and holds every setting")
    func template() throws {
        let effective = try load(file: SettingsTemplate.text)
        #expect(effective.settings == Settings())
        #expect(effective.warnings.isEmpty)
        let settings = try JSON5Parser.parse(Array(SettingsTemplate.text.utf8))
        guard case .object(let members) = settings.value else {
            Issue.record("no object")
            return
        }
        let keys = members.flatMap { member in
            guard case .object(let inner) = member.node.value else { return [member.name] }
            return inner.map { "\(member.name).\($0.name)" }
        }
        #expect(keys == Setting.all.map(\.key))
        for setting in Setting.all {
            #expect(SettingsTemplate.text.contains(setting.help.prefix(40)))
            if let variable = setting.environment { #expect(SettingsTemplate.text.contains(variable)) }
        }
        #expect(SettingsTemplate.text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test("Read every kind of value from the file")
    func fromFile() throws {
        let settings = try load(
            file: """
                {
                    listen: '[::1]:0', ops_listen: ":9090", public_url: 'https://bridge.example.com/base',
                    trusted_proxies: ['10.0.0.0/8', '::1'], database: 'sqlite:/var/lib/patchbay/calls.db', loops: 0x4,
                    api_tokens: ['read:one', 'two'], log: { level: 'debug', format: 'text' },
                    twilio: { auth_token: 'new, old', validate: false },
                    turn: { urls: ['turn:turn.example.com'], secret: 's', critical: true },
                    health: { every_s: .5 }, limits: { calls: 250, dial_prefixes: '+1,+49' },
                    timeouts: { drain_s: 0, }, retention: { calls_days: 1 }, readiness: { full: 'unready' },
                    elevenlabs: { url: 'ws://localhost:9002' }, node: null,
                }
                """
        ).settings
        #expect(settings.listen == HostPort(host: "::1", port: 0))
        #expect(settings.opsListen == HostPort(host: "0.0.0.0", port: 9_090))
        #expect(settings.publicURL?.path == "/base")
        #expect(settings.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1"])
        #expect(settings.database == .file("/var/lib/patchbay/calls.db"))
        #expect(settings.recordingDirectory == "/var/lib/patchbay/recordings")
        #expect(settings.loops == 4)
        #expect(settings.apiTokens.map(\.isReadOnly) == [true, false])
        #expect(settings.apiTokens.map { $0.token.revealed() } == ["one", "two"])
        #expect(settings.log.level == .debug && settings.log.format == .text)
        #expect(settings.twilio.authTokens == [Secret("new"), Secret("old")])
        #expect(!settings.twilio.validatesSignatures)
        #expect(settings.turn.urls.map(\.endpoint.port) == [3_478])
        #expect(settings.turn.isCritical)
        #expect(settings.health.every == .milliseconds(500))
        #expect(settings.limits.calls == .atMost(250))
        #expect(settings.limits.dialPrefixes == ["+1", "+49"])
        #expect(settings.timeouts.drain == .zero)
        #expect(settings.retention.callsDays == 1)
        #expect(settings.readiness.full == .unready)
        #expect(settings.elevenLabs.url.port == 9_002)
        #expect(settings.node == nil)
    }

    @Test("Read every kind of value from the environment")
    func fromEnvironment() throws {
        let settings = try load([
            "PATCHBAY_LISTEN": "localhost:1", "PATCHBAY_TRUSTED_PROXIES": "10.0.0.1, 192.0.2.0/24",
            "PATCHBAY_DATABASE": "sqlite::memory:", "PATCHBAY_LOOPS": "2", "PATCHBAY_API_TOKEN": "a,read:b",
            "PATCHBAY_LOG_LEVEL": "error", "PATCHBAY_TWILIO_REQUIRE_TOKEN": "TRUE", "PATCHBAY_MAX_CALLS": "0",
            "PATCHBAY_HEALTH_EVERY": "2.5", "TWILIO_AUTH_TOKEN": "t", "PATCHBAY_NODE": "",
        ]).settings
        #expect(settings.listen == HostPort(host: "localhost", port: 1))
        #expect(settings.trustedProxies.count == 2)
        #expect(settings.database == .memory)
        #expect(settings.recordingDirectory == "recordings")
        #expect(settings.loops == 2)
        #expect(settings.apiTokens.map(\.isReadOnly) == [false, true])
        #expect(settings.log.level == .error)
        #expect(settings.twilio.requireToken)
        #expect(settings.twilio.validatesSignatures)
        #expect(settings.limits.calls == .unlimited)
        #expect(settings.health.every == .milliseconds(2_500))
        #expect(settings.node == nil)
    }

    @Test("The later source wins, and is named as the origin")
    func precedence() throws {
        let file = "{\n  node: 'file', loops: 1,\n  log: { level: 'debug' },\n  openai: { model: 'file' } }"
        let effective = try load(
            file: file, ["PATCHBAY_NODE": "environment", "PATCHBAY_LOG_LEVEL": "error", "OPENAI_API_KEY_FILE": "/key"],
            flags: [.init(name: "--node", key: "node", value: "flag")], files: ["/key": "k"])
        #expect(effective.settings.node == "flag")
        #expect(effective.settings.log.level == .error)
        #expect(effective.settings.loops == 1)
        let origins = Dictionary(
            uniqueKeysWithValues: Setting.all.map { ($0.key, effective.origin(of: $0).description) })
        #expect(origins["node"] == "--node")
        #expect(origins["log.level"] == "PATCHBAY_LOG_LEVEL")
        #expect(origins["loops"] == "patchbay.json5:2")
        #expect(origins["openai.model"] == "patchbay.json5:4")
        #expect(origins["openai.api_key"] == "OPENAI_API_KEY_FILE (/key)")
        #expect(origins["listen"] == "default")
    }

    private func shownValues(_ effective: EffectiveSettings) throws -> [String: String] {
        let root = try JSON5Parser.parse(Array(effective.json().utf8))
        guard case .object(let members) = root.value, case .array(let rows) = members[0].node.value else { return [:] }
        var values: [String: String] = [:]
        for row in rows {
            guard case .object(let row) = row.value, case .string(let key) = row[0].node.value else { continue }
            var json = JSONWriter()
            row[1].node.write(to: &json)
            values[key] = json.text
        }
        return values
    }
}
