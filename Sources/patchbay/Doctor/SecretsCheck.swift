internal import Configuration

/// Who may in, and whether what is secret is there.
enum SecretsCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        let settings = patient.settings
        return [api(settings), signatures(settings.twilio)] + secret(settings)
    }

    private static func api(_ settings: Settings) -> Finding {
        guard settings.apiTokens.isEmpty else {
            return .ok("api_tokens", "\(settings.apiTokens.count) may use the API.")
        }
        let isReachable =
            settings.publicURL != nil || settings.twilio.accountSID != nil || !settings.twilio.authTokens.isEmpty
        guard isReachable else {
            return .ok("api_tokens", "There is none, so the API answers this machine alone.")
        }
        return .warning(
            "api_tokens", "There is none, so the API and the dashboard answer nobody.",
            "Set PATCHBAY_API_TOKEN, for example to the output of `openssl rand -hex 24`.")
    }

    private static func signatures(_ twilio: Settings.Twilio) -> Finding {
        if twilio.validatesSignatures {
            return .ok("twilio.auth_token", "Webhooks and media streams have to be signed.")
        }
        guard twilio.validate != false else {
            return .warning(
                "twilio.validate", "Signatures are not checked: whoever finds the address may pretend to be Twilio.",
                "Take `twilio.validate: false` out once you have tried what you wanted to try.")
        }
        return .skipped(
            "twilio.auth_token", "There is none, so only this machine may send webhooks and streams.",
            "For real calls set TWILIO_AUTH_TOKEN to the account's auth token.")
    }

    /// Tokens of streams are signed with it, on whichever node.
    private static func secret(_ settings: Settings) -> [Finding] {
        guard settings.secret == nil, settings.database == .memory else { return [] }
        return [
            .warning(
                "secret", "Database and secret are of this process alone, so a restart refuses streams on their way.",
                "Set PATCHBAY_SECRET, or keep the database in a file.")
        ]
    }
}
