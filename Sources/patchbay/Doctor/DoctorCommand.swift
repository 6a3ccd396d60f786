internal import Commands
internal import Configuration
internal import Glibc
internal import Telemetry
internal import Wording

/// `patchbay doctor`: looks at everything that a bridge needs, and says what to do about what is wrong.
enum DoctorCommand {
    private static let fix = Option(flag: "fix", help: "Repair what can be repaired without a question.")
    private static let json = Option(flag: "json", help: "Print JSON, for programs.")

    static let command = Command(
        name: "doctor",
        summary: "check all that a bridge needs, from its settings to TURN, and say how to mend it",
        options: SettingFlags.all + [fix, json],
        examples: [
            Command.Example("patchbay doctor", "looks at the bridge that would be started here"),
            Command.Example("patchbay doctor --config patchbay.json5 --fix", "and repairs what it can"),
        ]
    ) { call in
        let printsJSON = call[json]
        var findings: [Finding] = []
        func tell(_ new: [Finding]) {
            findings += new
            guard !printsJSON else { return }
            for finding in new { call.console.print(DoctorReport.lines(finding, style: call.console.style)) }
        }
        do throws(ConfigurationError) {
            let effective = try SettingFlags.load(call)
            tell(ConfigurationCheck.findings(effective, mayFix: call[fix]))
            let patient = try? Patient(effective.settings, mayFix: call[fix])
            for check in DoctorChecks.all {
                guard let patient else {
                    tell([.failed("system", "The system has no loop or TLS to check with.", "Start it again.")])
                    break
                }
                tell(await check(patient))
            }
            patient?.leave()
        } catch {
            tell([.failed("configuration", error.message, "Correct it; `patchbay config --template` shows every key.")])
        }
        let report = DoctorReport(findings: findings)
        call.console.print(printsJSON ? report.json() : "\n\(report.summary)")
        return report.isHealthy ? .done : .failed
    }
}

/// All that is looked at behind the settings themselves, in this order.
enum DoctorChecks {
    typealias Check = @Sendable (Patient) async -> [Finding]

    static let all: [Check] = [
        SecretsCheck.findings, MemoryCheck.findings, StoreCheck.findings, PublicURLCheck.findings,
        CarrierCheck.findings, NumbersCheck.findings, UpstreamsCheck.findings, TurnCheck.findings,
    ]
}

/// The settings, read already.
enum ConfigurationCheck {
    private static let ownerOnly: mode_t = 0o600
    private static let others: mode_t = 0o077

    static func findings(_ effective: EffectiveSettings, mayFix: Bool) -> [Finding] {
        let warnings = effective.warnings.map {
            Finding.warning("configuration", $0, "`patchbay config` shows what holds and where it came from.")
        }
        let source = effective.file.map { "The settings in \($0) are good." } ?? "There is no file; the defaults hold."
        return [.ok("configuration", source)] + warnings
            + effective.secretFiles.compactMap { secrecy(of: $0, mayFix: mayFix) }
    }

    private static func secrecy(of path: String, mayFix: Bool) -> Finding? {
        var facts = stat()
        // SAFETY: the path is a C string during the call, which writes one structure.
        guard unsafe stat(path, &facts) == 0, facts.st_mode & others != 0 else { return nil }
        // SAFETY: a C string during the call.
        if mayFix, unsafe chmod(path, ownerOnly) == 0 {
            return .fixed("secrets", "\(path) holds secrets; now only its owner can read it.")
        }
        return .warning(
            "secrets", "\(path) holds secrets, and others on this machine can read it.",
            "`chmod 600 \(path)`, or `patchbay doctor --fix`.")
    }
}
