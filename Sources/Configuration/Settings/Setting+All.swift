internal import Addresses

// The settings, in the order in which they are listed. Adding one is one entry here and its property in `Settings`.

extension Setting {
    public static let all: [Setting] =
        serving + security + twilio + telnyx + upstreams + watching + limits + timeouts + fallback + keeping + seeds

    private static let serving: [Setting] = [
        Setting(
            "listen", \.listen, .address, env: "PATCHBAY_LISTEN",
            "Where calls, webhooks and the API arrive. Port 0 picks a free one and prints it."),
        Setting(
            "ops_listen", \.opsListen, .address, env: "PATCHBAY_OPS_LISTEN",
            "Where probes and metrics are served instead of on listen."),
        Setting(
            "public_url", \.publicURL, .url([.https, .http]), env: "PATCHBAY_PUBLIC_URL",
            "How the world reaches this bridge. Without it, taken from each request's Host header."),
        Setting(
            "stream_url", \.streamURL, .url([.wss, .ws, .https, .http]), env: "PATCHBAY_STREAM_URL",
            "Where this very node's media socket is reached. Without it, made from public_url."),
        Setting(
            "trusted_proxies", \.trustedProxies, .list(of: .addressRange), env: "PATCHBAY_TRUSTED_PROXIES",
            "Proxies whose X-Forwarded headers are believed."),
        Setting(
            "database", \.database, .database, env: "PATCHBAY_DATABASE",
            "Where calls are kept: sqlite:FILE, or sqlite::memory: to forget them at the end."),
        Setting(
            "node", \.node, .string("a name"), env: "PATCHBAY_NODE",
            "This node's name. Without it, made from the host's name and the listen port."),
        Setting(
            "loops", \.loops, .integer(1...1_024), env: "PATCHBAY_LOOPS", "Event loops. Without it, one per core."),
    ]

    private static let security: [Setting] = [
        Setting(
            "secret", \.secret, .secret, env: "PATCHBAY_SECRET", secret: true,
            "Signs the tokens of media streams; the same on all nodes. Without it, made once and kept in the store."),
        Setting(
            "api_tokens", \.apiTokens, .list(of: .apiToken), env: "PATCHBAY_API_TOKEN", secret: true,
            "Tokens that may use /v1. \"read:\" before one makes it read-only."),
        Setting(
            "tls.certificate", \.tls.certificate, .string("a file"), env: "PATCHBAY_TLS_CERTIFICATE",
            "The certificate chain as PEM. Without it, plain, for use behind a proxy. Read again on SIGHUP."),
        Setting("tls.key", \.tls.key, .string("a file"), env: "PATCHBAY_TLS_KEY", "The certificate's key as PEM."),
        Setting(
            "tls.ca", \.tls.ca, .string("a file"), env: "PATCHBAY_TLS_CA",
            "Authorities that outgoing connections trust. Without it, the system's."),
        Setting("log.level", \.log.level, .logLevel, env: "PATCHBAY_LOG_LEVEL", "Lines below this are left out."),
        Setting(
            "log.format", \.log.format, .logFormat, env: "PATCHBAY_LOG_FORMAT",
            "Without it, text on a terminal and JSON elsewhere."),
    ]

    private static let twilio: [Setting] = [
        Setting(
            "twilio.account_sid", \.twilio.accountSID, .string("an account SID"), env: "TWILIO_ACCOUNT_SID",
            "The account that calls belong to."),
        Setting(
            "twilio.auth_token", \.twilio.authTokens, .list(of: .secret), env: "TWILIO_AUTH_TOKEN", secret: true,
            "Signs and checks requests. Several, parted by commas, while a token is rotated."),
        Setting(
            "twilio.api_key_sid", \.twilio.apiKeySID, .string("an API key SID"), env: "TWILIO_API_KEY_SID",
            "Used for REST with its secret, instead of account SID and auth token."),
        Setting(
            "twilio.api_key_secret", \.twilio.apiKeySecret, .secret, env: "TWILIO_API_KEY_SECRET", secret: true,
            "The API key's secret."),
        Setting(
            "twilio.api_base", \.twilio.apiBase, .url([.https, .http]), env: "TWILIO_API_BASE", "Where REST calls go."),
        Setting(
            "twilio.validate", \.twilio.validate, .flag, env: "PATCHBAY_TWILIO_VALIDATE",
            "Whether requests must be signed. Without it, true once an auth token is set."),
        Setting(
            "twilio.require_token", \.twilio.requireToken, .flag, env: "PATCHBAY_TWILIO_REQUIRE_TOKEN",
            "Whether streams of calls that this bridge neither answered nor dialled are refused."),
        Setting(
            "twilio.calls_per_second", \.twilio.callsPerSecond, .limit, env: "PATCHBAY_TWILIO_CPS",
            "How many calls a second the account may dial."),
    ]

    private static let telnyx: [Setting] = [
        Setting(
            "telnyx.stream_token", \.telnyx.streamTokens, .list(of: .secret), env: "TELNYX_STREAM_TOKEN", secret: true,
            "The stream_auth_token that streams begin with. Without it, only programs on this machine may come in."),
        Setting(
            "telnyx.send_codec", \.telnyx.sendCodec, .telnyxCodec, env: "PATCHBAY_TELNYX_SEND_CODEC",
            "The stream_bidirectional_codec that streams begin with. Without it, what we send is coded as what comes."),
        Setting(
            "telnyx.opus_framing", \.telnyx.opusFraming, .opusFraming, env: "PATCHBAY_TELNYX_OPUS_FRAMING",
            "How a message holds an Opus packet: packet is the bare one, rtp has an RTP header before it. Unverified: "
                + "neither was tried with the carrier."),
    ]

    private static let upstreams: [Setting] = [
        Setting(
            "openai.api_key", \.openAI.apiKey, .secret, env: "OPENAI_API_KEY", secret: true, "The key for OpenAI."),
        Setting(
            "openai.realtime_url", \.openAI.realtimeURL, .url([.wss, .ws]), env: "OPENAI_REALTIME_URL",
            "Where conversations are opened. The model is appended unless the query names one."),
        Setting(
            "openai.api_base", \.openAI.apiBase, .url([.https, .http]), env: "OPENAI_BASE_URL",
            "Where REST calls go."),
        Setting(
            "openai.model", \.openAI.model, .string("a model's name"), env: "OPENAI_REALTIME_MODEL",
            "The model of agents that name none."),
        Setting(
            "elevenlabs.api_key", \.elevenLabs.apiKey, .secret, env: "ELEVENLABS_API_KEY", secret: true,
            "The key for ElevenLabs. With it, conversations start from a signed URL."),
        Setting(
            "elevenlabs.url", \.elevenLabs.url, .url([.wss, .ws], hasPath: false, isPlainOnLoopbackOnly: true),
            env: "ELEVENLABS_URL", "Where conversations are opened; REST calls go to the same host."),
        Setting(
            "elevenlabs.agent_id", \.elevenLabs.agentID, .string("an agent's id"), env: "ELEVENLABS_AGENT_ID",
            "The agent at ElevenLabs, for agents here that name none."),
        Setting(
            "elevenlabs.webhook_secret", \.elevenLabs.webhookSecret, .secret, env: "ELEVENLABS_WEBHOOK_SECRET",
            secret: true, "Checks post-call webhooks."),
    ]

    private static let fallback: [Setting] = [
        Setting(
            "fallback.say", \.fallback.say, .string("text"), env: "PATCHBAY_FALLBACK_SAY",
            "What callers hear who cannot be taken and whose agent has no words for it. Without it, busy."),
        Setting(
            "fallback.transfer_to", \.fallback.transferTo, .phoneNumber, env: "PATCHBAY_FALLBACK_TRANSFER_TO",
            "Where they are put through to instead."),
    ]

    private static let watching: [Setting] = [
        Setting(
            "turn.urls", \.turn.urls, .list(of: .turnURL), env: "PATCHBAY_TURN_URLS",
            "TURN servers, for browsers and for the health check."),
        Setting(
            "turn.username", \.turn.username, .string("a user name"), env: "PATCHBAY_TURN_USERNAME",
            "A fixed user name, with a fixed credential."),
        Setting(
            "turn.credential", \.turn.credential, .secret, env: "PATCHBAY_TURN_CREDENTIAL", secret: true,
            "The fixed credential."),
        Setting(
            "turn.secret", \.turn.secret, .secret, env: "PATCHBAY_TURN_SECRET", secret: true,
            "Shared with the servers: makes time-limited credentials instead of the fixed one."),
        Setting(
            "turn.critical", \.turn.isCritical, .flag, env: "PATCHBAY_TURN_CRITICAL",
            "Whether the node is unhealthy without TURN."),
        Setting(
            "health.every_s", \.health.every, .seconds, env: "PATCHBAY_HEALTH_EVERY",
            "How often dependencies are probed."),
        Setting(
            "health.failures", \.health.failures, .integer(1...100), env: "PATCHBAY_HEALTH_FAILURES",
            "How many probes in a row must agree before a state changes."),
        Setting(
            "readiness.full", \.readiness.full, .whenFull, env: "PATCHBAY_READINESS_FULL",
            "What a full node says of itself: ready answers calls with an apology, unready leaves them to the fleet."),
    ]

    private static let seeds: [Setting] = [
        Setting(
            "agents", \.agents, .agents,
            "Agents to begin with. With neither agents nor numbers, one agent answers every number."),
        Setting("numbers", \.numbers, .numbers, "Numbers to begin with, each with the agent that answers it."),
    ]
}
