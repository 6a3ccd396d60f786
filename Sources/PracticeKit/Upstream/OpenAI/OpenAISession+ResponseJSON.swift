internal import JSONWire

/// A response as the service writes it.
extension OpenAISession {
    func json(of response: Response, status: String, reason: String? = nil) -> JSONValue {
        let format = response.request.audio ?? configuration.outputAudio
        let limit = response.request.maximumOutputTokens ?? configuration.maximumOutputTokens
        return [
            "object": "realtime.response", "id": .string(response.id), "status": .string(status),
            "status_details": Self.details(of: response, status: status, reason: reason),
            "output": .array(response.output),
            "conversation_id": response.request.isInConversation ? .string("conv_practice\(agent.connection)") : .null,
            "output_modalities": [.string(response.modality)],
            "max_output_tokens": limit.map { .integer($0) } ?? "inf",
            "audio": ["output": ["format": format.openAIJSON, "voice": configuration.voice]],
            "usage": status == "in_progress" || response.failure != nil ? .null : usage(of: response),
            "metadata": response.request.metadata,
        ]
    }

    private static func details(of response: Response, status: String, reason: String?) -> JSONValue {
        if let failure = response.failure, status == "failed" {
            return [
                "type": "failed",
                "error": [
                    "type": .string(failure.type), "code": .optional(failure.code), "message": .string(failure.message),
                ],
            ]
        }
        guard let reason else { return nil }
        return ["type": .string(status), "reason": .string(reason)]
    }

    /// A token is 50 ms of what the agent says, 100 ms of what the caller said, and about one word.
    private func usage(of response: Response) -> JSONValue {
        let words = configuration.instructions.utf8.count / 4 + conversation.items.count * 8
        let heard = agent.caller.milliseconds / 100
        let spoken = (response.audioMilliseconds + 49) / 50
        let written = response.wordCount + response.output.count * 4
        let cached = words / 2
        return [
            "total_tokens": .integer(words + heard + spoken + written), "input_tokens": .integer(words + heard),
            "output_tokens": .integer(spoken + written),
            "input_token_details": [
                "text_tokens": .integer(words), "audio_tokens": .integer(heard), "image_tokens": 0,
                "cached_tokens": .integer(cached),
                "cached_tokens_details": [
                    "text_tokens": .integer(cached), "audio_tokens": 0, "image_tokens": 0,
                ],
            ],
            "output_token_details": ["text_tokens": .integer(written), "audio_tokens": .integer(spoken)],
        ]
    }
}
