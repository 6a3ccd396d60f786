internal import JSONWire
internal import Timeline

/// When a response begins and when it ends too early. How it is said is in `+Saying`, what is said in `+Planning`.
extension OpenAISession {
    /// The one response of the conversation that may be in the making.
    var activeResponse: Response? { responses.first { $0.request.isInConversation } }

    mutating func createResponse(_ parameter: Parameter?) throws(VendorError) {
        let request = try parameter.map { (parameter) throws(VendorError) in try Self.request(parameter) }
        if let active = activeResponse, request?.isInConversation ?? true {
            throw VendorError(
                code: "conversation_already_has_active_response",
                message:
                    "Conversation already has an active response in progress: \(active.id). Wait until the response "
                    + "is finished before creating a new one.")
        }
        begin(request ?? Response.Request())
    }

    private static func request(_ parameter: Parameter) throws(VendorError) -> Response.Request {
        let response = try parameter.object(of: [
            "conversation", "output_modalities", "instructions", "audio", "tools", "tool_choice", "max_output_tokens",
            "metadata", "input", "prompt", "reasoning", "parallel_tool_calls",
        ])
        var request = Response.Request()
        if let value = response.present("conversation") {
            request.isInConversation = try value.string(of: ["auto", "none"]) == "auto"
        }
        if let value = response.present("output_modalities") {
            request.modality = try SessionConfiguration.modality(value)
        }
        request.instructions = try response.present("instructions")?.string()
        if let value = response.present("tools") { _ = try SessionConfiguration.tools(value) }
        if let value = response.present("tool_choice") {
            request.toolChoice = try SessionConfiguration.toolChoice(value)
        }
        if let value = response.present("max_output_tokens") {
            request.maximumOutputTokens = .some(try SessionConfiguration.maximumOutputTokens(value))
        }
        if let value = response.present("input") { _ = try value.array() }
        if let value = response.present("metadata") { request.metadata = try metadata(value) }
        if let value = response.present("audio") {
            let output = try value.object(of: ["output"]).present("output")?.object(of: ["format", "voice"])
            if let format = output?.present("format") { request.audio = try SessionConfiguration.format(format) }
            if let voice = output?.present("voice") { _ = try SessionConfiguration.voice(voice) }
        }
        return request
    }

    private static func metadata(_ parameter: Parameter) throws(VendorError) -> JSONValue {
        guard case .object(let object) = parameter.value else {
            throw .wrongType(parameter.path, expected: "an object", found: parameter.value.kind)
        }
        guard object.members.count <= 16 else {
            throw .invalid(parameter.path, "Invalid '\(parameter.path)': too many properties. Expected at most 16.")
        }
        for member in object.members {
            let value = Parameter(path: "\(parameter.path).\(member.name)", value: member.value)
            guard member.name.count <= 64, try value.string().count <= 512 else {
                throw .invalid(value.path, "Invalid '\(value.path)': string too long.")
            }
        }
        return parameter.value
    }

    mutating func begin(_ request: Response.Request) {
        idleGeneration += 1
        if request.isInConversation {
            if !agent.hasAnswer {
                agent.turn += 1
                takeWishesOfTurn()
            }
            agent.hasAnswer = false
            guard !agent.hasEnded else { return }
        }
        var response = Response(
            id: agent.nextID("resp"), request: request, modality: request.modality ?? configuration.modality, parts: [],
            due: agent.now.advanced(by: agent.burst == nil ? agent.settings.thinking : .zero))
        response.failure = failure()
        let (parts, pitches) = response.failure == nil ? plannedParts(request, response.modality) : ([], [])
        response.parts = parts
        agent.totals.responses += 1
        agent.report(.responseStarted(response: response.id, turn: agent.turn, pitches: pitches))
        if !agent.misbehaves(.openAI(.noCreated)) {
            emit("response.created", ["response": json(of: response, status: "in_progress")])
        }
        emit("rate_limits.updated", ["rate_limits": Self.rateLimits(after: agent.totals.responses)])
        responses.append(response)
    }

    private mutating func failure() -> VendorError? {
        if isOutOfQuota { return Self.noQuota }
        guard failuresLeft > 0 else { return nil }
        failuresLeft -= 1
        let code = agent.settings.faults.lazy
            .compactMap { if case .openAI(.failedResponse(let code)) = $0 { code } else { nil } }
            .first
        let type = code == "server_error" ? "server_error" : "invalid_request_error"
        return VendorError(type: type, code: code, message: "The practice agent was asked to fail.")
    }

    private static func rateLimits(after responses: Int) -> JSONValue {
        [
            [
                "name": "requests", "limit": 1_000, "remaining": .integer(max(0, 1_000 - responses)),
                "reset_seconds": .double(0.5),
            ],
            [
                "name": "tokens", "limit": 50_000, "remaining": .integer(max(0, 50_000 - responses * 300)),
                "reset_seconds": .double(1.5),
            ],
        ]
    }

    // MARK: early ends

    mutating func cancel(_ id: String?) throws(VendorError) {
        let response = id.map { id in responses.first { $0.id == id } } ?? activeResponse
        guard let response else {
            throw VendorError(
                code: "response_cancel_not_active", message: "Cancellation failed: no active response found")
        }
        finish(response.id, status: "cancelled", reason: "client_cancelled")
    }

    /// The caller speaks: what is being made ends, wherever it is.
    mutating func interrupt() {
        guard let response = activeResponse else { return }
        let item = response.isDone ? nil : response.parts[response.place].item
        agent.totals.interruptions += 1
        agent.report(
            .interrupted(response: response.id, item: item, generatedMilliseconds: response.audioMilliseconds))
        finish(response.id, status: "cancelled", reason: "turn_detected")
        guard agent.misbehaves(.lateDeltas), let item else { return }
        for _ in 0..<3 {
            let bytes = configuration.outputAudio.encode(Sound.tone(1_000, for: .milliseconds(100)).samples)
            emit(
                "response.output_audio.delta",
                [
                    "response_id": .string(response.id), "item_id": .string(item),
                    "output_index": .integer(response.place), "content_index": 0,
                    "delta": .string(Base64.encode(bytes)),
                ])
        }
    }

    mutating func fail(_ id: String, with error: VendorError) {
        guard let place = responses.firstIndex(where: { $0.id == id }) else { return }
        responses[place].failure = error
        finish(id, status: "failed", reason: nil)
    }
}
