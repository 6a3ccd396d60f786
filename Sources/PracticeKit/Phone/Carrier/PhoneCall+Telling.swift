internal import Addresses
internal import Synchronization
internal import Telemetry
internal import Timeline
internal import Wording

/// What the bridge and the watcher are told of a call.
extension PhoneCall {
    var time: Duration { state.withLock { $0.began }.duration(to: SystemClock.now()) }

    func fail(_ text: String, _ course: inout Course) {
        let failure = PhoneFailure(text: text, step: nil, at: time)
        course.report.failures.append(failure)
        tell(.failure(text), failure.at)
    }

    func setStatus(_ status: String) {
        state.withLock { $0.status = status }
    }

    /// Asks the bridge for a document. Nil: it has none, which is a failure of the call.
    func ask(
        _ url: String, kind: String, status: String, _ course: inout Course
    ) async -> [CallInstruction]? {
        tell(.request("\(kind): POST \(PeerText(url))"), time)
        let answer = await requests.document(url, requests.callForm(identity, status: status), kind: kind)
        course.report.requests.append(answer.request)
        switch answer.instructions {
        case .success(let instructions): return instructions
        case .failure(let fault):
            fail("\(kind): \(fault.message)", &course)
            return nil
        }
    }

    func tellStatus(_ status: String, _ course: inout Course) async {
        setStatus(status)
        guard let url = setting.statusURL, let event = CallEvents.event(of: status),
            setting.statusEvents.contains(event)
        else { return }
        let isLast = CallEvents.isFinal(status)
        // A number's own callback, which is all that an incoming call has, tells the end alone.
        guard setting.direction == .outbound || isLast else { return }
        let since = setting.callee == nil ? state.withLock { $0.began } : course.answered
        let form = requests.statusForm(
            identity, status: status, duration: since.map { $0.duration(to: SystemClock.now()) } ?? .zero,
            sipCode: course.sipCode, answeredBy: state.withLock { $0.answeredBy })
        for callback in course.callbacks.fire(form, event: event, isLast: isLast) {
            guard setting.callee != nil else {
                await post(url, callback.form, kind: "status", &course)
                continue
            }
            later(url, callback, kind: "status", &course)
        }
    }

    /// A call that was dialled does not wait for its callbacks, which leave one after the other.
    func later(_ url: String, _ callback: CallbackPlan.Post, kind: String, _ course: inout Course) {
        let isSigned = !setting.callbackFaults.contains(.unsigned)
        let before = course.posts.last
        course.posts.append(
            Task(name: "practice-callback") { [requests] in
                try? await Task.sleep(for: callback.after)
                _ = await before?.value
                return await requests.post(url, callback.form, kind: kind, isSigned: isSigned).request
            })
    }

    /// What became of the callbacks that were not waited for.
    func gatherPosts(_ course: inout Course) async {
        for post in course.posts {
            let request = await post.value
            course.report.requests.append(request)
            if let problem = request.problem { fail("\(request.kind): \(problem)", &course) }
        }
        course.posts = []
    }

    func tellStream(
        _ wanted: CallInstruction.Stream, _ identity: StreamWriter.Identity, _ event: String, _ course: inout Course
    ) async {
        guard let url = wanted.statusCallback else { return }
        let form = requests.streamForm(identity, name: wanted.name, event: event)
        await post(url, form, kind: event, &course)
    }

    func post(_ url: String, _ form: CarrierForm, kind: String, _ course: inout Course) async {
        let request = await requests.post(url, form, kind: kind).request
        course.report.requests.append(request)
        if let problem = request.problem { fail("\(kind): \(problem)", &course) }
    }
}
