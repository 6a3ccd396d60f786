internal import Configuration
internal import Telemetry
internal import TurnWire

/// Whether each TURN server gives relays to those whom we would send there.
enum TurnCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        guard
            let turn = TurnWiring(patient.settings.turn, on: patient.loop, tls: patient.tls, logger: .off)
        else { return [.skipped("turn", "No server is set.")] }
        var findings: [Finding] = []
        for url in patient.settings.turn.urls {
            let reading = await turn.check(url)
            if let failure = reading.failure {
                findings.append(
                    .failed(
                        "turn", "\(url): \(failure.message)",
                        "Compare turn.urls and the credentials with the server's own settings.",
                        isCritical: patient.settings.turn.isCritical))
            } else {
                findings.append(.ok("turn", "\(url) gives relays."))
            }
            findings += reading.warnings.map {
                .warning("turn", "\(url): \($0.message)", "The server's settings can be better.")
            }
        }
        return findings
    }
}
