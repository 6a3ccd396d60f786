internal import CallCore
internal import CarrierClient
internal import Configuration
internal import FrontDoor
internal import Wording

/// Whether the carrier sends the calls of the numbers in the settings here.
enum NumbersCheck {
    static func findings(_ patient: Patient) async -> [Finding] {
        let entries = (try? Roster.Seeds(patient.settings))?.numbers ?? []
        guard !entries.isEmpty else {
            let others = "`patchbay numbers check` looks at those that the API was given."
            return [.skipped("numbers", "The settings name none.", others)]
        }
        guard let carrier = CallWiring.carrier(patient.settings, client: patient.client, errors: patient.errors) else {
            return [.skipped("numbers", "There are no credentials to ask the carrier with.")]
        }
        let wanted = PublicAddress(
            publicURL: patient.settings.publicURL, streamURL: patient.settings.streamURL
        ).numberRouting
        var findings: [Finding] = []
        for entry in entries {
            let new = await look(at: entry, carrier, wanted, mayFix: patient.mayFix)
            findings += new
        }
        return findings
    }

    private static func look(
        at entry: NumberEntry, _ carrier: TwilioControl, _ wanted: NumberRouting.Wanted?, mayFix: Bool
    ) async -> [Finding] {
        let number = entry.number.unmasked
        do throws(CarrierControlError) {
            let routing = try await carrier.routing(of: entry.number)
            var check = NumberCheck(routing, wanted: wanted)
            if mayFix, check.needsFix, let routing, let wanted {
                check.wasFixed(by: NumberCheck(try await carrier.route(routing, to: wanted), wanted: wanted))
            }
            guard !check.findings.isEmpty else { return [.ok("numbers", "\(number): its calls come here.")] }
            return check.findings.map { finding in
                let message = "\(number): \(finding.message)"
                if check.fixed.contains(finding) { return .fixed("numbers", "\(message) Not any more.") }
                return finding.isCritical
                    ? .failed("numbers", message, finding.fix) : .warning("numbers", message, finding.fix)
            }
        } catch {
            return [.failed("numbers", "\(number): \(error.message)", "Mend what is said of twilio first.")]
        }
    }
}
