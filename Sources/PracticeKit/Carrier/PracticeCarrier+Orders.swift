internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline
internal import Wording

// What is asked for is done.
extension PracticeCarrier {
    func carryOut(
        _ order: CarrierOrder, _ request: HTTPRequest, _ form: CarrierForm
    ) async throws(CarrierRefusal) -> HTTPResponse {
        let account = order.account
        let path = String(request.head.path)
        switch order.subject {
        case .calls where order.isChange: return Self.json(201, try create(form, account))
        case .calls:
            let query = QueryItems(request.head.query ?? "")
            let found = calls.matching(to: query["To"], from: query["From"], status: query["Status"])
            let page = try CarrierPage(path, query)
            return Self.json(
                200, page.json("calls", found.filter { $0.identity.account == account }) { $0.write(to: &$1) })
        case .call(let id):
            guard let call = calls.call(id), call.identity.account == account else { throw .notFound(path) }
            if order.isChange { try await update(call, form) }
            return Self.json(200, call.json)
        case .numbers:
            let query = QueryItems(request.head.query ?? "")
            let wanted = query["PhoneNumber"]
            let found = state.withLock { $0.numbers }.filter { number in wanted.map { $0 == number.number } ?? true }
            let page = try CarrierPage(path, query)
            return Self.json(200, page.json("incoming_phone_numbers", found) { $0.write(to: &$1, account: account) })
        case .number(let id):
            return Self.json(200, try number(id, order.isChange ? form : nil, path, account))
        }
    }

    private static func json(_ status: Int, _ json: JSONWriter) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: json.bytes)
    }

    private func number(
        _ id: String, _ change: CarrierForm?, _ path: String, _ account: String
    ) throws(CarrierRefusal) -> JSONWriter {
        let number = try state.withLock { state throws(CarrierRefusal) in
            guard let place = state.numbers.firstIndex(where: { $0.id == id }) else { throw .notFound(path) }
            if let change { try state.numbers[place].take(change) }
            return state.numbers[place]
        }
        var json = JSONWriter()
        number.write(to: &json, account: account)
        return json
    }

    // MARK: calls

    private func update(_ call: PhoneCall, _ form: CarrierForm) async throws(CarrierRefusal) {
        let isDone: Bool
        switch (form["Status"], form["Twiml"], form["Url"]) {
        case ("completed", nil, nil): isDone = call.end(.api)
        // An answered call cannot be cancelled; the carrier takes the request and does nothing.
        case ("canceled", nil, nil): isDone = call.cancel()
        case (nil, let twiml?, nil): isDone = call.replace(try NewCallOrder.instructions(twiml))
        case (nil, nil, let url?):
            guard let instructions = await call.document(at: url) else {
                throw CarrierRefusal(400, 11_200, "HTTP retrieval failure")
            }
            isDone = call.replace(instructions)
        default: throw .parameter("Status=completed, Status=canceled, Twiml or Url is needed")
        }
        guard isDone else { throw .notInProgress }
    }

    /// Returns the call as it is before it begins.
    private func create(_ form: CarrierForm, _ account: String) throws(CarrierRefusal) -> JSONWriter {
        guard let exchange else { throw CarrierRefusal(405, 20_004, "Method not allowed") }
        let order = try NewCallOrder(form, numbers: state.withLock { Set($0.numbers.map(\.number)) })
        let callee = options.callees[order.to] ?? options.callee
        if case .refused(let code) = callee.outcome {
            throw CarrierRefusal(400, code, "Account not authorized to call \(PeerText(order.to)).")
        }
        let (number, begins) = state.withLock { state in
            state.dialled += 1
            let begins = max(SystemClock.now(), state.nextSlot)
            if options.callsPerSecond > 0 {
                state.nextSlot = begins.advanced(by: .nanoseconds(Int64(1e9 / options.callsPerSecond)))
            }
            return (state.dialled, begins)
        }
        var setting = try setting(order, callee, account)
        setting.begins = begins
        let place = number % exchange.group.loops.count
        let call = PhoneCall(
            number: number, setting: setting, loop: exchange.group.loops[place], client: exchange.clients[place]
        ) { [weak self] news, _ in
            self?.tell(news, number)
        }
        calls.add(call)
        report(
            "call.created", [("sid", call.identity.call), ("to", order.to), ("from", order.from)])
        let queued = call.json
        Task(name: "practice-call") { [self] in
            let report = await call.run()
            self.report(
                "call.ended",
                [
                    ("sid", call.identity.call), ("to", order.to), ("status", report.status),
                    ("streams", String(report.streams.count)),
                    ("failures", report.failures.map(\.shown).joined(separator: "; ")),
                    ("instructions", report.instructions.joined(separator: "; ")),
                ])
        }
        return queued
    }

    private func setting(
        _ order: NewCallOrder, _ callee: Callee, _ account: String
    ) throws(CarrierRefusal) -> PhoneSetting {
        let speeches: SpeechBook
        do throws(SoundFileError) {
            speeches = try SpeechBook(for: callee.script, usual: nil)
        } catch {
            throw .usual(500)
        }
        var setting = PhoneSetting(order.entry, speeches: speeches, seed: options.seed)
        setting.script = callee.script
        setting.publicURL = options.publicURL
        setting.bridge = options.bridge
        setting.account = account
        setting.token = options.token
        setting.from = order.from
        setting.to = order.to
        setting.direction = .outbound
        setting.statusURL = order.statusURL
        setting.statusEvents = order.statusEvents
        setting.callee = callee
        setting.detection = order.detection
        setting.ringLimit = order.ringLimit
        setting.callLimit = order.callLimit
        setting.timeLimit = order.callLimit + .seconds(60)
        setting.tls = exchange?.tls
        let faults = callee.faults + options.faults
        setting.callbackFaults = faults.compactMap { if case .callbacks(let fault) = $0.kind { fault } else { nil } }
        return setting
    }

    /// What a person who watches wants to know of a call.
    private func tell(_ news: PhoneNews, _ call: Int) {
        let line: (String, String)? =
            switch news {
            case .request(let text): ("call.request", text)
            case .instruction(let text): ("call.instruction", text)
            case .started(let stream): ("call.stream", stream)
            case .failure(let text): ("call.failure", text)
            case .ended(let text): ("call.stream_ended", text)
            case .opened, .agentBegan, .agentEnded, .callerBegan, .callerEnded, .mark, .cleared, .key, .warning,
                .levels:
                nil
            }
        if let line { report(line.0, [("call", String(call)), ("text", line.1)]) }
    }
}
