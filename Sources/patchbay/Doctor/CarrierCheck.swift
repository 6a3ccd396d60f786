internal import CallCore
internal import CarrierClient
internal import Configuration

/// Whether the carrier's API takes the credentials.
enum CarrierCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        guard let carrier = CallWiring.carrier(patient.settings, client: patient.client, errors: patient.errors) else {
            return [
                .skipped(
                    "twilio", "There are no credentials, so calls cannot be dialled, ended or asked about.",
                    "Set TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with an API key.")
            ]
        }
        do throws(CarrierControlError) {
            try await carrier.check(by: patient.deadline)
            return [.ok("twilio", "The account is active and its credentials are taken.")]
        } catch {
            return [.failed("twilio", error.message, remedy(error))]
        }
    }

    private static func remedy(_ error: CarrierControlError) -> String {
        switch error {
        case .credentials, .notConfigured, .refused, .gone:
            "Compare twilio.account_sid and twilio.auth_token, or the API key, with Twilio's console."
        case .unavailable, .resting: "Check the way out to \"twilio.api_base\", and Twilio's status page."
        }
    }
}
