internal import JSONWire

extension Mischief.Dialect {
    static let openAI = Mischief.Dialect(
        audioType: "response.output_audio.delta",
        malformed: [
            #"{"type":"response.output_audio.delta","delta":"#, "this is no JSON", "[]", "null", #"{"type":5}"#,
            #"{"event_id":"event_x"}"#, #"{"type":"response.output_audio.delta","response_id":"resp_x"}"#,
            #"{"type":"response.done","response":"none"}"#, "",
        ],
        unknown: [
            ["type": "response.mood.updated", "event_id": "event_mood", "mood": ["name": "calm", "strength": 0]],
            ["type": "conversation.weather", "event_id": "event_weather", "items": [1, [2, [3, nil]]]],
            ["type": "input_audio_buffer.dtmf_event_received", "event": "9", "received_at": 1_763_605_109],
            ["type": "response.output_audio.delta.v2", "event_id": "event_v2", "delta": "AAAA"],
        ])
}
