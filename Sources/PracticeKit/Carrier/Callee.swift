internal import Wording

/// Who is at a number that is dialled, and what becomes of it.
public struct Callee: Sendable {
    public enum Outcome: Hashable, Sendable {
        case answers
        case busy
        case noAnswer
        /// The network knows no way.
        case failed
        /// The carrier does not even try, for this reason of its own.
        case refused(code: Int)
    }

    public var outcome = Outcome.answers
    public var ring = Duration.milliseconds(300)
    /// What machine detection says, and how long it takes.
    public var answeredBy = "human"
    public var detection = Duration.milliseconds(500)
    /// What a person does once the stream is there.
    public var script: PhoneScript
    public var faults: [CarrierFault] = []

    /// Listens, and never hangs up.
    public init() {
        script = PhoneScript([PhoneStep(line: 1, text: "pause", action: .pause(.seconds(86_400)))])
    }

    static let answers = [
        "human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown",
    ]

    /// What the help says.
    public static let words: [(form: String, does: String)] = [
        ("busy, no-answer, failed", "Nobody answers: the statuses that the carrier has for it."),
        ("refuse=21215", "The carrier does not dial, with this code of its own."),
        ("ring=2s", "How long it rings. Default: 0.3s."),
        ("machine, machine=fax", "What machine detection says: \(answers.joined(separator: ", "))."),
        ("detection=2s", "How long that takes. Default: 0.5s."),
        ("hangup=3s", "Hangs up so long after the stream began."),
        ("talk=2s", "Waits for the agent, says something so long, waits for its answer and hangs up."),
        ("fault=FAULT", "A fault for calls of this number."),
    ]

    /// Takes `NAME` or `NAME=VALUE`.
    public mutating func apply(_ word: some StringProtocol) throws(PracticeError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1]) : nil
        func duration() throws(PracticeError) -> Duration {
            guard let duration = value.flatMap({ Duration(practice: $0) }) else {
                throw .faultValue(String(word), example: "\(parts[0])=2s")
            }
            return duration
        }
        switch String(parts[0]) {
        case "busy": outcome = .busy
        case "no-answer": outcome = .noAnswer
        case "failed": outcome = .failed
        case "refuse":
            guard let code = value.flatMap({ Int($0) }) else {
                throw .faultValue(String(word), example: "refuse=21215")
            }
            outcome = .refused(code: code)
        case "ring": ring = try duration()
        case "detection": detection = try duration()
        case "machine":
            guard Self.answers.contains(value ?? "machine_start") else {
                throw .faultValue(String(word), example: "machine=machine_end_beep")
            }
            answeredBy = value ?? "machine_start"
        case "hangup": script = PhoneScript([.init(line: 1, text: "pause", action: .pause(try duration()))])
        case "talk": script = Self.talk(for: try duration())
        case "fault": faults.append(try CarrierFault(value ?? ""))
        default:
            throw .unknownFault(
                String(parts[0]),
                hint: NearMiss.hint(for: String(parts[0]), among: ["busy", "no-answer", "failed", "ring", "machine"]))
        }
    }

    private static func talk(for duration: Duration) -> PhoneScript {
        let silence = PhoneEvent.silence(.milliseconds(800))
        let steps: [PhoneAction] = [
            .wait(.agent, within: .seconds(10)), .wait(silence, within: .seconds(30)),
            .speak(Speech(for: duration)), .wait(.agent, within: .seconds(10)), .wait(silence, within: .seconds(30)),
        ]
        return PhoneScript(steps.enumerated().map { PhoneStep(line: $0 + 1, text: "talk", action: $1) })
    }
}
