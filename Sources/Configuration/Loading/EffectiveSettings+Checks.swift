internal import Addresses

// What only shows once all sources are read: values that do not go together.
extension EffectiveSettings {
    func checkTogether() throws(ConfigurationError) {
        try needBoth("tls.certificate", settings.tls.certificate, "tls.key", settings.tls.key)
        try needBoth(
            "twilio.api_key_sid", settings.twilio.apiKeySID, "twilio.api_key_secret", settings.twilio.apiKeySecret)
        try needBoth("turn.username", settings.turn.username, "turn.credential", settings.turn.credential)
        if settings.turn.secret != nil, settings.turn.credential != nil {
            throw conflict(
                "turn.secret",
                "does not go with 'turn.credential': expected the secret for time-limited credentials, "
                    + "or user name and credential for fixed ones")
        }
        if settings.turn.secret == nil, settings.turn.credential == nil,
            let relay = settings.turn.urls.first(where: \.isRelay)
        {
            throw conflict(
                "turn.urls",
                "names \(relay), which gives nothing to anybody without credentials: expected "
                    + "'turn.secret', or 'turn.username' and 'turn.credential', beside it")
        }
        if let url = settings.turn.urls.first(where: { $0.isSecure && $0.transport == .udp }) {
            throw conflict(
                "turn.urls", "names \(url), which browsers do not speak: expected ?transport=tcp with turns:")
        }
        if settings.twilio.validate == true, settings.twilio.authTokens.isEmpty {
            throw conflict(
                "twilio.validate", "cannot be true without 'twilio.auth_token', which signatures are checked with")
        }
        if let ops = settings.opsListen, ops == settings.listen, ops.port != 0 {
            throw conflict("ops_listen", "cannot be the same address as 'listen': expected another port, or none")
        }
    }

    mutating func warnTogether() {
        guard let url = settings.publicURL else { return }
        if url.isLoopback {
            warnings.append("public_url is \(url), which only this machine reaches: carriers cannot")
        } else if !url.scheme.isSecure {
            warnings.append("public_url is \(url), without TLS: carriers need https")
        }
    }

    private func needBoth(_ left: String, _ leftValue: (any Sendable)?, _ right: String, _ rightValue: (any Sendable)?)
        throws(ConfigurationError)
    {
        if leftValue != nil, rightValue == nil { throw conflict(left, "needs '\(right)' beside it") }
        if leftValue == nil, rightValue != nil { throw conflict(right, "needs '\(left)' beside it") }
    }

    private func conflict(_ key: String, _ statement: String) -> ConfigurationError {
        let place = origins[key].map { "\($0): " } ?? ""
        return ConfigurationError(code: .conflict, message: "\(place)'\(key)' \(statement)")
    }
}
