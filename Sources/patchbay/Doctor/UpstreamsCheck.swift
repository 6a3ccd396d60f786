internal import CallRuntime
internal import Configuration
internal import HTTPLoop
internal import UpstreamWire

/// Whether there is a voice agent that takes calls. One of two is enough.
enum UpstreamsCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        var results: [(subject: String, failure: UpstreamFailure?)] = []
        if let provider = CallWiring.openAI(patient.settings) {
            let check = UpstreamCheck(provider, on: patient.loop, limits: WebSocketLimits(), tls: patient.tls)
            results.append(
                (
                    "openai",
                    await failure { () async throws(UpstreamFailure) in
                        try await check.check(by: patient.deadline)
                    }
                ))
        }
        var unchecked: [Finding] = []
        if let provider = CallWiring.elevenLabs(patient.settings, client: patient.client) {
            if provider.canBeChecked {
                results.append(
                    (
                        "elevenlabs",
                        await failure { () async throws(UpstreamFailure) in
                            try await provider.check(by: patient.deadline)
                        }
                    ))
            } else {
                unchecked.append(
                    .skipped(
                        "elevenlabs",
                        "Without a key and an agent it cannot be asked but by a conversation, which costs.",
                        "Set ELEVENLABS_API_KEY and ELEVENLABS_AGENT_ID."))
            }
        }
        guard !results.isEmpty || !unchecked.isEmpty else {
            return [
                .failed(
                    "upstreams", "There is no voice agent, so calls have nobody to talk to.",
                    "Set OPENAI_API_KEY, or ELEVENLABS_API_KEY and ELEVENLABS_AGENT_ID.")
            ]
        }
        let somebodyAnswers = !unchecked.isEmpty || results.contains { $0.failure == nil }
        return results.map { finding($0.subject, $0.failure, isCritical: !somebodyAnswers) } + unchecked
    }

    private static func finding(_ subject: String, _ failure: UpstreamFailure?, isCritical: Bool) -> Finding {
        guard let failure else { return .ok(subject, "It takes us in.") }
        return .failed(subject, "\(failure.message) (\(failure.detail))", remedy(failure), isCritical: isCritical)
    }

    private static func failure(_ body: () async throws(UpstreamFailure) -> Void) async -> UpstreamFailure? {
        do throws(UpstreamFailure) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private static func remedy(_ failure: UpstreamFailure) -> String {
        switch failure {
        case .invalidCredentials, .forbidden: "Put a key that is valid and may do this in its place."
        case .accountDisabled, .quotaExhausted, .policy: "Settle it in the vendor's console."
        case .notFound: "Correct the model, the agent's id or the URL."
        case .configurationRefused, .overrideRefused, .formatMismatch: "Correct what the vendor names."
        case .rateLimited, .overloaded, .serverError, .sessionExpired, .closedNormally:
            "Try again in a minute; if it stays, ask the vendor."
        case .connectionLost: "Check the way out: DNS, proxy, firewall, and the URL in the settings."
        case .protocolError: "Check that the URL leads to the vendor; else this is worth a bug report."
        }
    }
}
