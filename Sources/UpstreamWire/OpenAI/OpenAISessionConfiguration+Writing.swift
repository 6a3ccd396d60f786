internal import JSONWire
internal import MediaCore
internal import Wording

extension OpenAISessionConfiguration {
    /// The `session` object of `session.update`.
    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("type", "realtime")
            if let prompt { Self.write(prompt, to: &$0) }
            if outputFormat != nil {
                $0.key("output_modalities")
                $0.array { $0.string("audio") }
            }
            $0.member("instructions", instructions)
            $0.member("max_output_tokens", maximumOutputTokens)
            if let reasoningEffort {
                $0.key("reasoning")
                $0.object { $0.member("effort", reasoningEffort) }
            }
            writeAudio(to: &$0)
            writeTools(to: &$0)
            if let tracing { Self.write(tracing, to: &$0) }
            if let truncation { Self.write(truncation, to: &$0) }
        }
    }

    private func writeAudio(to json: inout JSONWriter) {
        let hasInput =
            inputFormat != nil || noiseReduction != nil || transcription != nil || turnDetection != nil
        let hasOutput = outputFormat != nil || voice != nil || speed != nil
        guard hasInput || hasOutput else { return }
        json.key("audio")
        json.object {
            if hasInput {
                $0.key("input")
                $0.object(writeInput)
            }
            if hasOutput {
                $0.key("output")
                $0.object(writeOutput)
            }
        }
    }

    private func writeInput(to json: inout JSONWriter) {
        if let inputFormat { Self.write(inputFormat, to: &json) }
        if let noiseReduction {
            json.key("noise_reduction")
            json.object {
                $0.member("type", noiseReduction.kind.rawValue)
                $0.member("strength", noiseReduction.strength)
            }
        }
        if let transcription {
            json.key("transcription")
            json.object {
                $0.member("model", transcription.model)
                if !transcription.languages.isEmpty { $0.member("languages", transcription.languages) }
                if !transcription.keywords.isEmpty { $0.member("keywords", transcription.keywords) }
                $0.member("prompt", transcription.prompt)
            }
        }
        if let turnDetection {
            json.key("turn_detection")
            turnDetection.write(to: &json, interrupting: mayBeInterrupted)
        }
    }

    private func writeOutput(to json: inout JSONWriter) {
        if let outputFormat { Self.write(outputFormat, to: &json) }
        switch voice {
        case .named(let name): json.member("voice", name)
        case .custom(let id):
            json.key("voice")
            json.object { $0.member("id", id) }
        case nil: break
        }
        json.member("speed", speed)
    }

    private func writeTools(to json: inout JSONWriter) {
        if let tools {
            json.key("tools")
            json.array {
                for tool in tools { tool.writeOpenAI(to: &$0) }
            }
        }
        toolChoice?.write(to: &json)
        if let callsToolsInParallel {
            json.key("parallel_tool_calls")
            json.bool(callsToolsInParallel)
        }
    }

    private static func write(_ format: AudioFormat, to json: inout JSONWriter) {
        json.key("format")
        json.object {
            switch format.encoding {
            case .muLaw: $0.member("type", "audio/pcmu")
            case .aLaw: $0.member("type", "audio/pcma")
            case .pcm16:
                $0.member("type", "audio/pcm")
                $0.member("rate", format.rate.rawValue)
            }
        }
    }

    private static func write(_ prompt: Prompt, to json: inout JSONWriter) {
        json.key("prompt")
        json.object {
            $0.member("id", prompt.id)
            $0.member("version", prompt.version)
            if let variables = prompt.variables {
                $0.key("variables")
                JSONValue.object(variables).write(to: &$0)
            }
        }
    }

    private static func write(_ tracing: Tracing, to json: inout JSONWriter) {
        json.key("tracing")
        json.object {
            $0.member("workflow_name", tracing.workflowName)
            $0.member("group_id", tracing.groupID)
        }
    }

    private static func write(_ truncation: Truncation, to json: inout JSONWriter) {
        switch truncation {
        case .auto: json.member("truncation", "auto")
        case .disabled: json.member("truncation", "disabled")
        case .retentionRatio(let ratio, let tokens):
            json.key("truncation")
            json.object {
                $0.member("type", "retention_ratio")
                $0.member("retention_ratio", ratio)
                if let tokens {
                    $0.key("token_limits")
                    $0.object { $0.member("post_instructions", tokens) }
                }
            }
        }
    }
}

extension OpenAISessionConfiguration.TurnDetection {
    fileprivate func write(to json: inout JSONWriter, interrupting mayInterrupt: Bool) {
        switch self {
        case .asGiven(.object(let object)) where !mayInterrupt:
            let never = JSONObject.Member(name: "interrupt_response", value: .bool(false))
            JSONValue.object(JSONObject(object.members + [never])).write(to: &json)
        case .asGiven(let value): value.write(to: &json)
        case .phoneCall:
            json.object {
                $0.member("type", "server_vad")
                $0.member("threshold", 0.5)
                $0.member("prefix_padding_ms", 300)
                $0.member("silence_duration_ms", 500)
                $0.key("create_response")
                $0.bool(true)
                $0.key("interrupt_response")
                $0.bool(mayInterrupt)
            }
        }
    }
}

extension OpenAISessionConfiguration.ToolChoice {
    /// The member `tool_choice`.
    func write(to json: inout JSONWriter) {
        switch self {
        case .auto: json.member("tool_choice", "auto")
        case .none: json.member("tool_choice", "none")
        case .required: json.member("tool_choice", "required")
        case .function(let name):
            json.key("tool_choice")
            json.object {
                $0.member("type", "function")
                $0.member("name", name)
            }
        }
    }
}

extension UpstreamTool {
    private static let noParameters = JSONObject([
        JSONObject.Member(name: "type", value: .string("object")),
        JSONObject.Member(name: "properties", value: .object(JSONObject())),
    ])

    fileprivate func writeOpenAI(to json: inout JSONWriter) {
        json.object {
            $0.member("type", "function")
            $0.member("name", name)
            $0.member("description", description)
            $0.key("parameters")
            JSONValue.object(parameters ?? Self.noParameters).write(to: &$0)
        }
    }
}
