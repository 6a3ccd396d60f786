internal import JSONWire

extension Mischief.Dialect {
    static let elevenLabs = Mischief.Dialect(
        audioType: "audio",
        malformed: [
            #"{"type":"audio","audio_event":{"audio_base_64":"#, "this is no JSON", "[]", "null", #"{"type":5}"#,
            #"{"audio_event":{"audio_base_64":"//8=","event_id":1}}"#, #"{"type":"audio"}"#,
            #"{"type":"audio","audio_event":"none"}"#, #"{"type":"interruption","interruption_event":{}}"#,
            #"{"type":"ping","ping_event":null}"#, #"{"type":"agent_response","agent_response_event":[]}"#, "",
        ],
        unknown: [
            ["type": "keep_alive"], ["type": "audio_v2", "audio_event": ["audio_base_64": "AAAA", "event_id": 1]],
            [
                "type": "internal_turn_probability",
                "turn_probability_internal_event": ["turn_probability": .double(0.5)],
            ],
            ["type": "internal_vad_score", "vad_score_event": ["vad_score": .double(0.5)]],
            ["type": "asr_initiation_metadata", "asr_initiation_metadata_event": ["model": ["name": nil]]],
            ["type": "agent_typing", "agent_typing_event": ["is_typing": true]],
            ["type": "mcp_connection_status", "mcp_connection_status": ["integrations": []]],
        ])
}
