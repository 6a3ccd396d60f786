internal import Addresses

// Limits, times and what is kept how long. In all of them 0 switches the limit off.

extension Setting {
    static let limits: [Setting] = [
        Setting(
            "limits.calls", \.limits.calls, .callLimit, env: "PATCHBAY_MAX_CALLS",
            "Calls at once. auto admits while the loops keep up and memory is left."),
        Setting(
            "limits.calls_per_second", \.limits.callsPerSecond, .limit, env: "PATCHBAY_CALLS_PER_SECOND",
            "New media sockets a second on this node."),
        Setting(
            "limits.calls_per_caller_per_minute", \.limits.callsPerCallerPerMinute, .limit,
            env: "PATCHBAY_CALLS_PER_CALLER", "Calls a minute from one caller's number."),
        Setting(
            "limits.requests_per_second", \.limits.requestsPerSecond, .limit, env: "PATCHBAY_REQUESTS_PER_SECOND",
            "Requests a second to /v1 from one source."),
        Setting(
            "limits.unstarted_per_address", \.limits.unstartedPerAddress, .limit, env: "PATCHBAY_UNSTARTED_PER_ADDRESS",
            "Media sockets of one address that have not started; loopback is exempt."),
        Setting(
            "limits.dial_prefixes", \.limits.dialPrefixes, .list(of: .dialPrefix), env: "PATCHBAY_DIAL_PREFIXES",
            "Numbers that may be dialled begin with one of these."),
        Setting(
            "limits.dial_minutes_per_day", \.limits.dialMinutesPerDay, .limit, env: "PATCHBAY_DIAL_MINUTES",
            "Minutes of dialled calls a day."),
    ]

    static let timeouts: [Setting] = [
        Setting(
            "timeouts.start_s", \.timeouts.start, .seconds, env: "PATCHBAY_START_TIMEOUT",
            "A media socket that sends no start."),
        Setting(
            "timeouts.expected_s", \.timeouts.expected, .seconds, env: "PATCHBAY_EXPECTED_TIMEOUT",
            "An answered webhook without a stream; then the carrier is asked."),
        Setting(
            "timeouts.upstream_connect_s", \.timeouts.upstreamConnect, .seconds,
            env: "PATCHBAY_UPSTREAM_CONNECT_TIMEOUT", "One attempt to reach an upstream."),
        Setting(
            "timeouts.upstream_silence_s", \.timeouts.upstreamSilence, .seconds, env: "PATCHBAY_UPSTREAM_SILENCE",
            "An upstream that sends neither a byte nor a pong."),
        Setting(
            "timeouts.first_media_s", \.timeouts.firstMedia, .seconds, env: "PATCHBAY_FIRST_MEDIA_TIMEOUT",
            "No media frame at all after start."),
        Setting(
            "timeouts.silence_s", \.timeouts.silence, .seconds, env: "PATCHBAY_SILENCE_TIMEOUT",
            "Neither a media frame nor a pong from the carrier."),
        Setting(
            "timeouts.heartbeat_s", \.timeouts.heartbeat, .seconds, env: "PATCHBAY_HEARTBEAT",
            "Between pings on every WebSocket."),
        Setting(
            "timeouts.max_call_s", \.timeouts.maxCall, .seconds, env: "PATCHBAY_MAX_CALL",
            "The longest call; also sent as the carrier's time limit."),
        Setting(
            "timeouts.schedule_expires_s", \.timeouts.scheduleExpires, .seconds, env: "PATCHBAY_SCHEDULE_EXPIRES",
            "A scheduled call that could not be dialled by then is canceled."),
        Setting(
            "timeouts.stale_s", \.timeouts.stale, .seconds, env: "PATCHBAY_STALE_AFTER",
            "A record still open with no live session anywhere."),
        Setting(
            "timeouts.sweep_s", \.timeouts.sweep, .seconds, env: "PATCHBAY_SWEEP_EVERY",
            "Between looks for records that no node owns."),
        Setting(
            "timeouts.drain_s", \.timeouts.drain, .seconds, env: "PATCHBAY_DRAIN",
            "After SIGTERM, how long calls may still go on."),
        Setting(
            "timeouts.lame_duck_s", \.timeouts.lameDuck, .seconds, env: "PATCHBAY_LAME_DUCK",
            "After SIGTERM, how long new calls are still taken, since balancers learn of it late."),
        Setting(
            "timeouts.store_s", \.timeouts.store, .seconds, env: "PATCHBAY_STORE_TIMEOUT", "One operation of the store."
        ),
    ]

    static let keeping: [Setting] = [
        Setting(
            "recording.directory", \.recording.directory, .string("a directory"), env: "PATCHBAY_RECORDINGS",
            "Where recordings go. Without it, recordings beside the database."),
        Setting(
            "capture.directory", \.capture.directory, .string("a directory"), env: "PATCHBAY_CAPTURE",
            "Where both sockets of every call are captured, to be replayed. Without it, nothing is."),
        Setting(
            "retention.calls_days", \.retention.callsDays, .days, env: "PATCHBAY_RETAIN_CALLS_DAYS",
            "How long call records are kept."),
        Setting(
            "retention.transcripts_days", \.retention.transcriptsDays, .days, env: "PATCHBAY_RETAIN_TRANSCRIPTS_DAYS",
            "How long transcripts are kept."),
        Setting(
            "retention.recordings_days", \.retention.recordingsDays, .days, env: "PATCHBAY_RETAIN_RECORDINGS_DAYS",
            "How long recordings are kept."),
        Setting(
            "retention.captures_days", \.retention.capturesDays, .days, env: "PATCHBAY_RETAIN_CAPTURES_DAYS",
            "How long captures are kept."),
        Setting(
            "events.url", \.events.url, .url([.https, .http]), env: "PATCHBAY_EVENTS_URL", "Where call events are sent."
        ),
        Setting(
            "events.secret", \.events.secret, .secret, env: "PATCHBAY_EVENTS_SECRET", secret: true,
            "Signs the events."),
    ]
}
