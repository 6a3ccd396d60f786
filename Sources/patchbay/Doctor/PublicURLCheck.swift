internal import Addresses
internal import Configuration
internal import HTTPLoop

/// Whether the world finds the bridge.
enum PublicURLCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        guard let url = patient.settings.publicURL else {
            guard patient.settings.twilio.accountSID != nil else {
                return [.skipped("public_url", "None is set, and no carrier needs one.")]
            }
            return [
                .warning(
                    "public_url", "None is set, so the addresses in answers to Twilio come from each request's host.",
                    "Set PATCHBAY_PUBLIC_URL to the https address under which Twilio reaches this bridge.")
            ]
        }
        return [form(url), await reach(url, patient)]
    }

    private static func form(_ url: WebURL) -> Finding {
        guard url.scheme == .https else {
            return .warning(
                "public_url", "\(url) is not https; Twilio wants https for webhooks and wss for streams.",
                "Put a proxy with a certificate before the bridge, or set tls.certificate and tls.key.")
        }
        return .ok("public_url", "\(url) is one that Twilio takes.")
    }

    /// The bridge need not run yet.
    private static func reach(_ url: WebURL, _ patient: Patient) async -> Finding {
        let remedy = "Start the bridge, and check DNS, proxy and firewall on the way to it."
        guard let probe = try? WebURL("\(url.scheme.rawValue)://\(url.authority)/livez") else {
            return .skipped("public_url", "Whether it is reached from outside is not known.")
        }
        do throws(HTTPClientError) {
            let answer = try await patient.client.send(
                HTTPClientRequest(probe, limit: Patient.patience, deadline: patient.deadline, responseLimit: 65_536))
            guard answer.status == 200 else {
                return .warning("public_url", "\(probe) answers \(answer.status) and not 200.", remedy)
            }
            return .ok("public_url", "A bridge answers there.")
        } catch {
            return .warning("public_url", "Nobody answers there. \(error.message)", remedy)
        }
    }
}
