internal import JSONWire

/// What a session was told about itself, with the service's defaults.
struct SessionConfiguration: Hashable {
    /// Values that are checked for their shape and only said again.
    var passing: [String: JSONValue] = [
        "tool_choice": "auto", "tracing": nil, "prompt": nil, "include": nil, "truncation": "auto",
        "noise_reduction": nil, "transcription": nil, "speed": 1,
    ]
    var modality = "audio"
    var instructions = "You are a practice agent. Be brief, be kind, and answer with tones."
    var tools: [JSONValue] = []
    var maximumOutputTokens: Int?
    var inputAudio = WireAudio.pcm
    var outputAudio = WireAudio.pcm
    var voice: JSONValue = "marin"
    var turnDetection: TurnDetection? = TurnDetection()

    var toolNames: [String] {
        tools.compactMap {
            guard case .object(let tool) = $0, case .string(let name)? = tool["name"] else { return nil }
            return name
        }
    }

    var isTranscribing: Bool { passing["transcription"] != .some(.null) }

    var maximumOutputTokensJSON: JSONValue { maximumOutputTokens.map { .integer($0) } ?? "inf" }

    /// As `session.created` and `session.updated` say it.
    func json(id: String, model: String, expiresAt: Int64) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("type", "realtime"), ("object", "realtime.session"), ("id", .string(id)), ("model", .string(model)),
            ("output_modalities", [.string(modality)]), ("instructions", .string(instructions)),
            ("tools", .array(tools)), ("max_output_tokens", maximumOutputTokensJSON),
            ("expires_at", .integer(expiresAt)),
        ]
        for name in ["tool_choice", "tracing", "truncation", "prompt", "include", "reasoning", "parallel_tool_calls"] {
            if let value = passing[name] { members.append((name, value)) }
        }
        members.append(("audio", audioJSON))
        return .object(JSONObject(members.map { JSONObject.Member(name: $0.0, value: $0.1) }))
    }

    private var audioJSON: JSONValue {
        [
            "input": [
                "format": inputAudio.openAIJSON, "transcription": passing["transcription"] ?? .null,
                "noise_reduction": passing["noise_reduction"] ?? .null, "turn_detection": turnDetection?.json ?? .null,
            ],
            "output": ["format": outputAudio.openAIJSON, "voice": voice, "speed": passing["speed"] ?? 1],
        ]
    }
}
