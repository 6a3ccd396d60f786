internal import JSONWire

/// What `session.update` may change, checked as the service checks it. One wrong field refuses the whole update.
extension SessionConfiguration {
    private static let names = [
        "type", "output_modalities", "instructions", "tools", "tool_choice", "max_output_tokens", "audio", "tracing",
        "prompt", "include", "truncation", "reasoning", "parallel_tool_calls", "model",
    ]
    static let voices = ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]
    private static let transcribers = [
        "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-mini-transcribe-2025-12-15",
        "gpt-4o-transcribe-diarize", "gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper",
    ]

    /// - Parameters:
    ///   - model: the one that the URL named; it cannot be changed.
    ///   - hasSpoken: once assistant audio exists, the voice stays.
    mutating func update(_ parameter: Parameter, model: String, hasSpoken: Bool) throws(VendorError) {
        let session = try parameter.object(of: Self.names)
        _ = try session.required("type").string(of: ["realtime"])
        if let value = session.present("model"), try value.string() != model {
            throw .invalid(value.path, "Cannot update a conversation's model.")
        }
        if let value = session["output_modalities"] { modality = try Self.modality(value) }
        if let value = session["instructions"] { instructions = try value.string() }
        if let value = session["tools"] { tools = try Self.tools(value) }
        if let value = session["tool_choice"] { passing["tool_choice"] = try Self.toolChoice(value) }
        if let value = session["max_output_tokens"] { maximumOutputTokens = try Self.maximumOutputTokens(value) }
        if let value = session.present("reasoning") { try takeReasoning(value, model: model) }
        if let value = session.present("parallel_tool_calls") {
            passing["parallel_tool_calls"] = .bool(try value.bool())
        }
        for name in ["tracing", "prompt", "include", "truncation"] {
            if let value = session[name] { passing[name] = value.value }
        }
        guard let audio = session.present("audio") else { return }
        let sides = try audio.object(of: ["input", "output"])
        if let input = sides.present("input") { try takeInput(input) }
        if let output = sides.present("output") { try takeOutput(output, hasSpoken: hasSpoken) }
    }

    private mutating func takeInput(_ parameter: Parameter) throws(VendorError) {
        let input = try parameter.object(of: ["format", "transcription", "noise_reduction", "turn_detection"])
        if let value = input.present("format") { inputAudio = try Self.format(value) }
        if let value = input["transcription"] { passing["transcription"] = try Self.transcription(value) }
        if let value = input["noise_reduction"] {
            if !value.isNull {
                let reduction = try value.object(of: ["type", "strength"])
                _ = try reduction.required("type").string(of: ["near_field", "far_field"])
            }
            passing["noise_reduction"] = value.value
        }
        if let value = input["turn_detection"] { turnDetection = value.isNull ? nil : try TurnDetection(value) }
    }

    private mutating func takeOutput(_ parameter: Parameter, hasSpoken: Bool) throws(VendorError) {
        let output = try parameter.object(of: ["format", "voice", "speed"])
        if let value = output.present("format") { outputAudio = try Self.format(value) }
        if let value = output.present("speed") {
            _ = try value.number(in: 0.25...1.5)
            passing["speed"] = value.value
        }
        guard let value = output.present("voice") else { return }
        let asked = try Self.voice(value)
        guard asked == voice || !hasSpoken else {
            throw VendorError(
                code: "cannot_update_voice",
                message: "Cannot update a conversation's voice if assistant audio is present.", param: value.path)
        }
        voice = asked
    }

    private mutating func takeReasoning(_ value: Parameter, model: String) throws(VendorError) {
        guard model.hasPrefix("gpt-realtime-2") else {
            throw .invalid(value.path, "Unsupported parameter: '\(value.path)' is not supported with this model.")
        }
        let reasoning = try value.object(of: ["effort"])
        if let effort = reasoning.present("effort") {
            _ = try effort.string(of: ["minimal", "low", "medium", "high", "xhigh"])
        }
        passing["reasoning"] = value.value
    }
}

// The checks of single fields, shared with `response.create`.
extension SessionConfiguration {
    static func modality(_ parameter: Parameter) throws(VendorError) -> String {
        let modalities = try parameter.array()
        guard modalities.count == 1 else {
            throw .invalid(
                parameter.path,
                "Invalid modalities: expected exactly one of ['text'] or ['audio'], but got \(modalities.count).")
        }
        return try modalities[0].string(of: ["text", "audio"])
    }

    static func format(_ parameter: Parameter) throws(VendorError) -> WireAudio {
        let object = try parameter.object(of: ["type", "rate"])
        let type = try object.required("type").string(of: ["audio/pcm", "audio/pcmu", "audio/pcma"])
        let format = WireAudio(openAI: type) ?? .pcm
        switch format.code {
        case .pcm:
            let rate = try object.required("rate")
            guard try rate.integer(in: 0 ... .max) == 24_000 else {
                throw .invalid(rate.path, "Invalid '\(rate.path)': the only supported rate of 'audio/pcm' is 24000.")
            }
        case .muLaw, .aLaw:
            if let rate = object.present("rate") { throw .unknown(rate.path) }
        }
        return format
    }

    static func voice(_ parameter: Parameter) throws(VendorError) -> JSONValue {
        if case .object = parameter.value {
            _ = try parameter.object(of: ["id"]).required("id").string()
        } else {
            _ = try parameter.string(of: voices)
        }
        return parameter.value
    }

    static func maximumOutputTokens(_ parameter: Parameter) throws(VendorError) -> Int? {
        if case .string = parameter.value {
            _ = try parameter.string(of: ["inf"])
            return nil
        }
        return Int(try parameter.integer(in: 1...4_096))
    }

    static func toolChoice(_ parameter: Parameter) throws(VendorError) -> JSONValue {
        if case .object = parameter.value {
            let choice = try parameter.object(of: ["type", "name", "server_label"])
            _ = try choice.required("type").string(of: ["function", "mcp"])
        } else {
            _ = try parameter.string(of: ["none", "auto", "required"])
        }
        return parameter.value
    }

    static func tools(_ parameter: Parameter) throws(VendorError) -> [JSONValue] {
        var tools: [JSONValue] = []
        for tool in try parameter.array() {
            guard case .object(let object) = tool.value else {
                throw .wrongType(tool.path, expected: "an object", found: tool.value.kind)
            }
            let members = ParameterObject(path: tool.path, object: object)
            if try members.required("type").string(of: ["function", "mcp"]) == "function" {
                let function = try tool.object(of: ["type", "name", "description", "parameters"])
                _ = try function.required("name").string()
            }
            tools.append(tool.value)
        }
        return tools
    }

    private static func transcription(_ parameter: Parameter) throws(VendorError) -> JSONValue {
        guard !parameter.isNull else { return .null }
        let object = try parameter.object(of: ["model", "language", "languages", "keywords", "prompt", "delay"])
        if let model = object.present("model") { _ = try model.string(of: transcribers) }
        if let both = object.present("languages"), object.present("language") != nil {
            throw .invalid(both.path, "'language' and 'languages' cannot be given together.")
        }
        return parameter.value
    }
}
