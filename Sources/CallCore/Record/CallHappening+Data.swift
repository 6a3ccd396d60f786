public import JSONWire
internal import Timeline

extension CallHappening {
    /// The facts, as an event's `data`.
    public var data: JSONObject {
        .building { json in
            for (name, value) in facts { json.add(name, value) }
        }
    }

    /// One list for all, so that a new case does not compile until it has told its own.
    private var facts: [(String, JSONValue?)] {
        switch self {
        case .callCreated(let direction): [("direction", .string(direction.rawValue))]
        case .callFinal(let reason): reason.facts
        case .swept(let reason, let cause): reason.facts + [("why", .string(cause.rawValue))]
        case .callResumed(let stream), .streamStarted(let stream): [("stream", .string(stream))]
        case .streamEnded(let stream, let how): [("stream", .string(stream)), ("how", .string(how))]
        case .upstreamAttempt(let vendor, let number, let failure):
            [vendor.fact, ("number", .integer(number)), ("failure", failure.map { .string($0) })]
        case .upstreamReady(let vendor, let after): [vendor.fact, ("after_s", .double(after.inSeconds))]
        case .upstreamLost(let vendor, let reason, let message):
            [vendor.fact, ("reason", .string(reason)), ("message", .string(message))]
        case .upstreamSwitched(let from, let to, let why):
            [("from", .string(from.rawValue)), ("to", .string(to.rawValue)), ("why", .string(why))]
        case .upstreamWarning(let vendor, let code, let message):
            [vendor.fact, ("code", .string(code)), ("message", .string(message))]
        case .audioFirstAgent(let after): [("after_s", .double(after.inSeconds))]
        case .audioFormatMismatch(let promised, let found):
            [("promised", .string(promised)), ("found", .string(found))]
        case .audioGap(let leg, let milliseconds): [leg.fact, ("ms", .integer(milliseconds))]
        case .audioOverflow(let leg, let dropped): [leg.fact, ("dropped_ms", .integer(dropped))]
        case .turnEnded(let speaker, let response):
            [("speaker", .string(speaker.rawValue)), ("response_ms", response.map { .integer($0) })]
        case .interruption(let heard, let dropped):
            [("heard_ms", .integer(heard)), ("dropped_ms", .integer(dropped))]
        case .markAnomaly(let name, let message): [("name", .string(name)), ("message", .string(message))]
        case .dtmf(let count): [("digits", .integer(count))]
        case .functionCallStarted(let name, let call): [("name", .string(name)), ("call_id", .string(call))]
        case .functionCallCompleted(let name, let call, let took, let attempts):
            [
                ("name", .string(name)), ("call_id", .string(call)), ("took_s", .double(took.inSeconds)),
                ("attempts", .integer(attempts)),
            ]
        case .functionCallError(let name, let call, let error, let arguments):
            [("name", .string(name)), ("call_id", .string(call)), ("error", .string(error)), ("arguments", arguments)]
        case .transferFailed(let message): [("message", .string(message))]
        case .recordingEnded(let bytes): [("bytes", .integer(bytes))]
        case .messageMalformed(let leg, let code, let message):
            [leg.fact, ("code", .string(code)), ("message", .string(message))]
        case .webhookDuplicate(let path, let status), .webhookOutOfOrder(let path, let status):
            [("path", .string(path)), ("status", .string(status))]
        case .callAnswered, .audioFirstCaller, .transferStarted, .recordingStarted, .drainAsked: []
        }
    }
}

extension UpstreamVendor {
    fileprivate var fact: (String, JSONValue?) { ("upstream", .string(rawValue)) }
}

extension EndReason {
    fileprivate var facts: [(String, JSONValue?)] {
        [("status", .string(status.rawValue)), ("end_reason", .string(rawValue))]
    }
}

extension CallHappening.Leg {
    fileprivate var fact: (String, JSONValue?) { ("leg", .string(rawValue)) }
}
