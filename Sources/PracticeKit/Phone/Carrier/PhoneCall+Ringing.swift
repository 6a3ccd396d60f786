internal import Synchronization
internal import Telemetry
internal import Timeline

// From being ordered to being answered, or not.
extension PhoneCall {
    /// False: nobody answers, and the report says why.
    func isAnswered(_ course: inout Course) async -> Bool {
        if let begins = setting.begins {
            await pause(SystemClock.now().duration(to: begins))
            guard !wasGivenUp(&course) else { return false }
        }
        await tellStatus("initiated", &course)
        guard let callee = setting.callee else {
            await tellStatus("ringing", &course)
            return true
        }
        guard callee.outcome != .failed else { return unanswered("failed", 404, &course) }
        await tellStatus("ringing", &course)
        await pause(callee.outcome == .noAnswer ? setting.ringLimit : min(callee.ring, setting.ringLimit))
        guard !wasGivenUp(&course) else { return false }
        guard callee.ring < setting.ringLimit else { return unanswered("no-answer", 487, &course) }
        switch callee.outcome {
        case .busy: return unanswered("busy", 486, &course)
        case .noAnswer: return unanswered("no-answer", 487, &course)
        case .failed, .refused: return unanswered("failed", 404, &course)
        case .answers: break
        }
        await pickUp(callee, &course)
        return !wasHungUpBeforeItBegan
    }

    private var wasHungUpBeforeItBegan: Bool { state.withLock { $0.isToEnd != nil } }

    private func wasGivenUp(_ course: inout Course) -> Bool {
        guard wasHungUpBeforeItBegan else { return false }
        return !unanswered("canceled", 487, &course)
    }

    private func unanswered(_ status: String, _ sipCode: Int, _ course: inout Course) -> Bool {
        course.report.status = status
        course.sipCode = sipCode
        return false
    }

    private func pickUp(_ callee: Callee, _ course: inout Course) async {
        course.answered = SystemClock.now()
        course.sipCode = 200
        state.withLock { $0.answered = SystemClock.utc() }
        if let limit = setting.callLimit {
            course.limit = Task(name: "practice-time-limit") { [weak self] in
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self?.end(.api)
            }
        }
        guard let detection = setting.detection else { return await tellStatus("in-progress", &course) }
        let found = detection.word(for: callee.answeredBy)
        guard let callback = detection.callback else {
            // Dead air until it is known.
            await pause(callee.detection)
            state.withLock { $0.answeredBy = found }
            return await tellStatus("in-progress", &course)
        }
        await tellStatus("in-progress", &course)
        let form: CarrierForm = [
            "CallSid": identity.call, "AccountSid": identity.account, "AnsweredBy": found,
            "MachineDetectionDuration": String(Int(callee.detection.inSeconds * 1_000)),
        ]
        course.posts.append(
            Task(name: "practice-detection") { [weak self, requests] in
                try? await Task.sleep(for: callee.detection)
                self?.state.withLock { $0.answeredBy = found }
                return await requests.post(callback, form, kind: "detection").request
            })
    }
}

extension MachineDetectionOrder {
    /// The end of a greeting is only waited for where that was asked.
    fileprivate func word(for answeredBy: String) -> String {
        guard answeredBy.hasPrefix("machine_") else { return answeredBy }
        if waitsForGreetingEnd { return answeredBy == "machine_start" ? "machine_end_beep" : answeredBy }
        return "machine_start"
    }
}
