internal import CallCore
internal import PracticeKit
internal import Telemetry

/// What is left when the call of a demonstration is over: the phone's side and the bridge's.
struct DemoResult: Sendable {
    let report: RunReport
    let record: CallRecord?
    let events: [CallEvent]
    let turns: [TranscriptTurn]
    /// What the bridge reported as an error.
    let errors: [ErrorRecord]

    var stream: StreamReport? { report.calls.first?.streams.first }

    /// From the first moment of the line to the last, silence included.
    var heard: Sound {
        MuLaw.decode(report.calls.flatMap(\.streams).flatMap(\.recording))
    }
}
