public import JSONWire
public import Timeline

/// Something that happened in a call, as it is kept and shown.
public struct CallEvent: Hashable, Sendable {
    /// All there are.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case callCreated = "call.created"
        case callAnswered = "call.answered"
        case callFinal = "call.final"
        case callResumed = "call.resumed"
        case streamStarted = "stream.started"
        case streamEnded = "stream.ended"
        case upstreamAttempt = "upstream.attempt"
        case upstreamReady = "upstream.ready"
        case upstreamLost = "upstream.lost"
        case upstreamSwitched = "upstream.switched"
        case upstreamWarning = "upstream.warning"
        case audioFirstCaller = "audio.first_caller"
        case audioFirstAgent = "audio.first_agent"
        case audioFormatMismatch = "audio.format_mismatch"
        case audioGap = "audio.gap"
        case audioOverflow = "audio.overflow"
        case turnEnded = "turn.ended"
        case interruption
        case markAnomaly = "mark.anomaly"
        case dtmf
        case functionCallStarted = "function_call.started"
        case functionCallCompleted = "function_call.completed"
        case functionCallError = "function_call.error"
        case transferStarted = "transfer.started"
        case transferFailed = "transfer.failed"
        case recordingStarted = "recording.started"
        case recordingEnded = "recording.ended"
        case messageMalformed = "message.malformed"
        case webhookDuplicate = "webhook.duplicate"
        case webhookOutOfOrder = "webhook.out_of_order"
        case swept
        case drainAsked = "drain.asked"
    }

    public let at: UTCTime
    public let call: CallID
    public let kind: Kind
    /// The part of the house that tells.
    public let component: String
    public let data: JSONObject

    /// As a store gives it back; what happens is told with `init(at:call:component:_:)`.
    public init(at: UTCTime, call: CallID, kind: Kind, component: String, data: JSONObject) {
        self.at = at
        self.call = call
        self.kind = kind
        self.component = component
        self.data = data
    }

    public init(at: UTCTime, call: CallID, component: String, _ happening: CallHappening) {
        self.init(at: at, call: call, kind: happening.kind, component: component, data: happening.data)
    }

    public var json: JSONObject {
        .building { json in
            json.add("at", .string(at.description))
            json.add("call", .string(call.description))
            json.add("type", .string(kind.rawValue))
            json.add("component", .string(component))
            json.add("data", .object(data))
        }
    }
}
