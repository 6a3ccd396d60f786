public import JSONWire

/// What can happen in a call, each with its facts: the one list that events are made from.
public enum CallHappening: Hashable, Sendable {
    public enum Leg: String, Hashable, Sendable {
        case carrier
        case upstream
    }

    case callCreated(direction: CallDirection)
    case callAnswered
    case callFinal(EndReason)
    case callResumed(stream: String)
    case streamStarted(stream: String)
    case streamEnded(stream: String, how: String)
    case upstreamAttempt(UpstreamVendor, number: Int, failure: String?)
    case upstreamReady(UpstreamVendor, after: Duration)
    case upstreamLost(UpstreamVendor, reason: String, message: String)
    case upstreamSwitched(from: UpstreamVendor, to: UpstreamVendor, why: String)
    case upstreamWarning(UpstreamVendor, code: String, message: String)
    case audioFirstCaller
    case audioFirstAgent(after: Duration)
    case audioFormatMismatch(promised: String, found: String)
    case audioGap(Leg, milliseconds: Int)
    case audioOverflow(Leg, droppedMilliseconds: Int)
    case turnEnded(TranscriptTurn.Speaker, responseMilliseconds: Int?)
    case interruption(heardMilliseconds: Int, droppedMilliseconds: Int)
    case markAnomaly(name: String, message: String)
    case dtmf(count: Int)
    case functionCallStarted(name: String, call: String)
    case functionCallCompleted(name: String, call: String, took: Duration, attempts: Int)
    case functionCallError(name: String, call: String, error: String, arguments: JSONValue)
    case transferStarted
    case transferFailed(message: String)
    case recordingStarted
    case recordingEnded(bytes: Int)
    case messageMalformed(Leg, code: String, message: String)
    case webhookDuplicate(path: String, status: String)
    case webhookOutOfOrder(path: String, status: String)
    case swept(EndReason, SweepCause)
    case drainAsked

    public var kind: CallEvent.Kind {
        switch self {
        case .callCreated: .callCreated
        case .callAnswered: .callAnswered
        case .callFinal: .callFinal
        case .callResumed: .callResumed
        case .streamStarted: .streamStarted
        case .streamEnded: .streamEnded
        case .upstreamAttempt: .upstreamAttempt
        case .upstreamReady: .upstreamReady
        case .upstreamLost: .upstreamLost
        case .upstreamSwitched: .upstreamSwitched
        case .upstreamWarning: .upstreamWarning
        case .audioFirstCaller: .audioFirstCaller
        case .audioFirstAgent: .audioFirstAgent
        case .audioFormatMismatch: .audioFormatMismatch
        case .audioGap: .audioGap
        case .audioOverflow: .audioOverflow
        case .turnEnded: .turnEnded
        case .interruption: .interruption
        case .markAnomaly: .markAnomaly
        case .dtmf: .dtmf
        case .functionCallStarted: .functionCallStarted
        case .functionCallCompleted: .functionCallCompleted
        case .functionCallError: .functionCallError
        case .transferStarted: .transferStarted
        case .transferFailed: .transferFailed
        case .recordingStarted: .recordingStarted
        case .recordingEnded: .recordingEnded
        case .messageMalformed: .messageMalformed
        case .webhookDuplicate: .webhookDuplicate
        case .webhookOutOfOrder: .webhookOutOfOrder
        case .swept: .swept
        case .drainAsked: .drainAsked
        }
    }
}
