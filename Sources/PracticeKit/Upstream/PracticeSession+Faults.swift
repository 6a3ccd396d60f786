internal import Timeline

/// When and how the session itself misbehaves; what only bends its words is `Mischief`'s.
extension PracticeSession {
    /// Arms faults that came with the connection, or later with the session's instructions.
    mutating func takeUp(_ faults: some Sequence<Fault>) {
        for fault in faults {
            bend(fault)
            switch fault {
            case .badKey: reject(.invalidKey)
            case .modelNotFound: reject(.modelNotFound)
            case .silent:
                report(.fault(fault))
                isMute = true
            case .failedResponse: failuresLeft = 1
            case .close, .reset, .halfOpen, .sessionExpired, .quota: arm(fault)
            case .refuse, .late, .noUpdate, .slow, .burst, .twoItems, .wrongFormat, .wrongEcho, .oddDeltas, .malformed,
                .unknownEvents, .extraFields, .duplicates, .reordered, .noCreated, .lateDeltas, .doubleTool:
                continue
            }
        }
    }

    mutating func reject(_ rejection: Rejection) {
        let (code, message, close): (String, String, UInt16) =
            switch rejection {
            case .invalidKey: ("invalid_api_key", "Incorrect API key provided.", 3_000)
            case .modelNotFound:
                (
                    "model_not_found", "The model '\(model)' does not exist or you do not have access to it.", 4_004
                )
            case .missingModel: ("missing_model", "You must provide a model parameter.", 4_000)
            case .betaHeader:
                (
                    "beta_api_shape_disabled",
                    "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.", 4_000
                )
            }
        let error = VendorError(code: code, message: message)
        refuse(error)
        end(.close(code: close, reason: "\(error.type).\(code)"))
    }

    private mutating func arm(_ fault: Fault) {
        switch fault.moment {
        case .after(let delay): plans.append((max(now, opened.advanced(by: delay)), .strike(fault)))
        case .point(let point): if reached.contains(point) { strike(fault) }
        case nil: return
        }
    }

    /// Comes by a point of the session, where faults may wait.
    mutating func reach(_ point: Moment.Point) {
        guard reached.insert(point).inserted else { return }
        for fault in settings.faults where fault.moment == .point(point) { strike(fault) }
    }

    mutating func strike(_ fault: Fault) {
        guard !hasEnded else { return }
        report(.fault(fault))
        switch fault {
        case .close(let code, _): end(.close(code: code, reason: "practice"))
        case .reset: end(.reset)
        case .halfOpen: end(.freeze)
        case .sessionExpired: expire()
        case .quota: runOutOfQuota()
        case .refuse, .badKey, .modelNotFound, .silent, .late, .noUpdate, .slow, .burst, .twoItems, .wrongFormat,
            .wrongEcho, .oddDeltas, .malformed, .unknownEvents, .extraFields, .duplicates, .reordered, .noCreated,
            .lateDeltas, .doubleTool, .failedResponse:
            return
        }
    }

    mutating func expire() {
        let reason = "Your session hit the maximum duration of 60 minutes."
        refuse(VendorError(code: "session_expired", message: reason))
        end(.close(code: 1_001, reason: reason))
    }

    private mutating func runOutOfQuota() {
        isOutOfQuota = true
        refuse(Self.noQuota)
        for response in responses { fail(response.id, with: Self.noQuota) }
    }

    static let noQuota = VendorError(
        type: "insufficient_quota", code: "insufficient_quota",
        message: "You exceeded your current quota, please check your plan and billing details.")

    func misbehaves(_ fault: Fault) -> Bool {
        settings.faults.contains(fault)
    }

    /// How long `session.created` is held back.
    var lateness: Duration? {
        settings.faults.lazy.compactMap { if case .late(let wait) = $0 { wait } else { nil } }.first
    }

    /// How long each reply is sent at once, if it is.
    var burst: Duration? {
        settings.faults.lazy.compactMap { if case .burst(let duration) = $0 { duration } else { nil } }.first
    }
}
