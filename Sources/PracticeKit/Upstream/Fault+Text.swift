extension Fault: CustomStringConvertible {
    /// As it is typed.
    public var description: String {
        switch self {
        case .refuse(let status): "refuse=\(status)"
        case .badKey: "bad-key"
        case .modelNotFound: "model-not-found"
        case .silent: "silent"
        case .late(let wait): "late=\(wait.practiceText)"
        case .burst(let length): "burst=\(length.practiceText)"
        case .twoItems: "two-items"
        case .wrongFormat: "wrong-format"
        case .oddDeltas: "odd-deltas"
        case .lateDeltas: "late-deltas"
        case .doubleTool: "double-tool"
        case .timed(let strike, let when): "\(strike)@\(when)"
        case .bent(let bend): bend.description
        case .openAI(let fault): fault.description
        case .elevenLabs(let fault): fault.description
        }
    }
}

extension Fault.Strike: CustomStringConvertible {
    public var description: String {
        switch self {
        case .close(let code): "close=\(code)"
        case .reset: "reset"
        case .halfOpen: "half-open"
        case .sessionExpired: "session-expired"
        case .quota: "quota"
        case .error(let type): "error=\(type)"
        }
    }
}

extension Fault.Bend: CustomStringConvertible {
    public var description: String {
        switch self {
        case .slow(let wait): "slow=\(wait.practiceText)"
        case .malformed: "malformed"
        case .unknownEvents: "unknown-events"
        case .extraFields: "extra-fields"
        case .duplicates: "duplicates"
        case .reordered: "reordered"
        }
    }
}

extension Fault.OpenAIFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noUpdate: "no-update"
        case .wrongEcho: "wrong-echo"
        case .noCreated: "no-created"
        case .failedResponse(let code): "failed-response=\(code)"
        }
    }
}

extension Fault.ElevenLabsFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noMetadata: "no-metadata"
        case .unknownFormat: "unknown-format"
        case .earlyPing: "early-ping"
        case .textIDs: "text-ids"
        case .emptyAudio: "empty-audio"
        case .sameID: "same-id"
        case .noClose: "no-close"
        case .queued(let wait): "queued=\(wait.practiceText)"
        case .staleURL: "stale-url"
        }
    }
}
