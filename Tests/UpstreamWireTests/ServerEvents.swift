/// Events as OpenAI's server sends them.
enum ServerEvents {
    static let sessionCreated = #"""
        {"type":"session.created","event_id":"event_1","session":{"type":"realtime",
        "object":"realtime.session","id":"sess_1","model":"gpt-realtime-2.1","output_modalities":["audio"],
        "instructions":"…","tools":[],"tool_choice":"auto","max_output_tokens":"inf","tracing":null,
        "prompt":null,"expires_at":1795150000,"audio":{"input":{"format":{"type":"audio/pcm","rate":24000},
        "transcription":null,"noise_reduction":null,"turn_detection":{"type":"server_vad","threshold":0.5,
        "prefix_padding_ms":300,"silence_duration_ms":200,"idle_timeout_ms":null,"create_response":true,
        "interrupt_response":true}},"output":{"format":{"type":"audio/pcm","rate":24000},"voice":"marin",
        "speed":1}},"include":null}}
        """#

    static let conversationItemAdded = #"""
        {"type":"conversation.item.added","event_id":"event_2","previous_item_id":null,"item":{"id":"item_u1",
        "type":"message","status":"completed","role":"user","content":[{"type":"input_audio",
        "transcript":null}]}}
        """#

    static let conversationItemDone = #"""
        {"type":"conversation.item.done","event_id":"event_3","previous_item_id":"item_u1","item":{
        "id":"item_a1","type":"message","status":"completed","role":"assistant","content":[{
        "type":"output_audio","transcript":"Hello."}]}}
        """#

    static let conversationItemTruncated = #"""
        {"type":"conversation.item.truncated","event_id":"event_4","item_id":"item_a1","content_index":0,
        "audio_end_ms":1500}
        """#

    static let conversationItemDeleted = #"""
        {"type":"conversation.item.deleted","event_id":"event_5","item_id":"item_a1"}
        """#

    static let error = #"""
        {"type":"error","event_id":"event_6","error":{"type":"invalid_request_error",
        "code":"conversation_already_has_active_response",
        "message":"Conversation already has an active response in progress: resp_1.","param":null,
        "event_id":"rc-7"}}
        """#

    static let rateLimitsUpdated = #"""
        {"type":"rate_limits.updated","event_id":"event_7","rate_limits":[{"name":"requests","limit":1000,
        "remaining":999,"reset_seconds":60},{"name":"tokens","limit":50000,"remaining":49950,
        "reset_seconds":60}]}
        """#

    static let inputAudioBufferSpeechStarted = #"""
        {"type":"input_audio_buffer.speech_started","event_id":"event_10","audio_start_ms":1000,
        "item_id":"item_u2"}
        """#

    static let inputAudioBufferSpeechStopped = #"""
        {"type":"input_audio_buffer.speech_stopped","event_id":"event_11","audio_end_ms":2000,
        "item_id":"item_u2"}
        """#

    static let inputAudioBufferCommitted = #"""
        {"type":"input_audio_buffer.committed","event_id":"event_12","previous_item_id":"item_a1",
        "item_id":"item_u2"}
        """#

    static let inputAudioBufferTimeoutTriggered = #"""
        {"type":"input_audio_buffer.timeout_triggered","event_id":"event_13","audio_start_ms":13216,
        "audio_end_ms":19232,"item_id":"item_u3"}
        """#

    static let inputAudioBufferCleared = #"""
        {"type":"input_audio_buffer.cleared","event_id":"event_14"}
        """#

    static let conversationItemInputAudioTranscriptionDelta = #"""
        {"type":"conversation.item.input_audio_transcription.delta","event_id":"event_15","item_id":"item_u2",
        "content_index":0,"delta":"Hey"}
        """#

    static let conversationItemInputAudioTranscriptionCompleted = #"""
        {"type":"conversation.item.input_audio_transcription.completed","event_id":"event_16",
        "item_id":"item_u2","content_index":0,"transcript":"Hey, can you hear me?","usage":{"type":"tokens",
        "total_tokens":22,"input_tokens":13,"input_token_details":{"text_tokens":0,"audio_tokens":13},
        "output_tokens":9}}
        """#

    static let conversationItemInputAudioTranscriptionFailed = #"""
        {"type":"conversation.item.input_audio_transcription.failed","event_id":"event_17",
        "item_id":"item_u2","content_index":0,"error":{"type":"transcription_error",
        "code":"audio_unintelligible","message":"The audio could not be transcribed.","param":null}}
        """#

    static let inputAudioBufferDtmfEventReceived = #"""
        {"type":"input_audio_buffer.dtmf_event_received","event":"9","received_at":1763605109}
        """#

    static let responseCreated = #"""
        {"type":"response.created","event_id":"event_20","response":{"object":"realtime.response",
        "id":"resp_1","status":"in_progress","status_details":null,"output":[],"conversation_id":"conv_1",
        "output_modalities":["audio"],"max_output_tokens":1024,"audio":{"output":{"format":{
        "type":"audio/pcmu"},"voice":"marin"}},"usage":null,"metadata":null}}
        """#

    static let responseOutputItemAdded = #"""
        {"type":"response.output_item.added","event_id":"event_21","response_id":"resp_1","output_index":0,
        "item":{"id":"item_a2","object":"realtime.item","type":"message","status":"in_progress",
        "role":"assistant","content":[]}}
        """#

    static let responseContentPartAdded = #"""
        {"type":"response.content_part.added","event_id":"event_22","response_id":"resp_1",
        "item_id":"item_a2","output_index":0,"content_index":0,"part":{"type":"audio","transcript":""}}
        """#

    static let responseOutputAudioTranscriptDelta = #"""
        {"type":"response.output_audio_transcript.delta","event_id":"event_23","response_id":"resp_1",
        "item_id":"item_a2","output_index":0,"content_index":0,"delta":"Hello, how can I"}
        """#

    static let responseOutputAudioDelta = #"""
        {"type":"response.output_audio.delta","event_id":"event_24","response_id":"resp_1",
        "item_id":"item_a2","output_index":0,"content_index":0,"delta":"/////w=="}
        """#

    static let responseOutputAudioDone = #"""
        {"type":"response.output_audio.done","event_id":"event_25","response_id":"resp_1","item_id":"item_a2",
        "output_index":0,"content_index":0}
        """#

    static let responseOutputAudioTranscriptDone = #"""
        {"type":"response.output_audio_transcript.done","event_id":"event_26","response_id":"resp_1",
        "item_id":"item_a2","output_index":0,"content_index":0,"transcript":"Hello, how can I help?"}
        """#

    static let responseContentPartDone = #"""
        {"type":"response.content_part.done","event_id":"event_27","response_id":"resp_1","item_id":"item_a2",
        "output_index":0,"content_index":0,"part":{"type":"audio","transcript":"Hello, how can I help?"}}
        """#

    static let responseOutputItemDone = #"""
        {"type":"response.output_item.done","event_id":"event_28","response_id":"resp_1","output_index":0,
        "item":{"id":"item_a2","object":"realtime.item","type":"message","status":"completed",
        "role":"assistant","content":[{"type":"output_audio","transcript":"Hello, how can I help?"}]}}
        """#

    static let responseDone = #"""
        {"type":"response.done","event_id":"event_29","response":{"object":"realtime.response","id":"resp_1",
        "status":"completed","status_details":null,"output":[{"id":"item_a2","type":"message",
        "status":"completed","role":"assistant","content":[{"type":"output_audio",
        "transcript":"Hello, how can I help?"}]}],"conversation_id":"conv_1","output_modalities":["audio"],
        "max_output_tokens":1024,"usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,
        "input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,
        "cached_tokens_details":{"text_tokens":64,"audio_tokens":0,"image_tokens":0}},"output_token_details":{
        "text_tokens":30,"audio_tokens":91}},"metadata":null}}
        """#

    static let responseDoneCancelled = #"""
        {"type":"response.done","event_id":"event_30","response":{"object":"realtime.response","id":"resp_2",
        "status":"cancelled","status_details":{"type":"cancelled","reason":"turn_detected"},"output":[{
        "id":"item_a3","type":"message","status":"incomplete","role":"assistant","content":[{
        "type":"output_audio","transcript":"Our opening"}]}],"conversation_id":"conv_1"}}
        """#

    static let responseDoneFailed = #"""
        {"type":"response.done","event_id":"event_31","response":{"object":"realtime.response","id":"resp_3",
        "status":"failed","status_details":{"type":"failed","error":{"type":"invalid_request_error",
        "code":"inference_rate_limit_exceeded","message":"Rate limit reached …"}},"output":[],
        "conversation_id":"conv_1"}}
        """#

    static let responseDoneIncomplete = #"""
        {"type":"response.done","event_id":"event_32","response":{"object":"realtime.response","id":"resp_4",
        "status":"incomplete","status_details":{"type":"incomplete","reason":"max_output_tokens"},"output":[],
        "conversation_id":"conv_1"}}
        """#

    static let toolItemAdded = #"""
        {"type":"response.output_item.added","event_id":"event_40","response_id":"resp_5","output_index":0,
        "item":{"id":"item_f1","object":"realtime.item","type":"function_call","status":"in_progress",
        "name":"lookup_appointment","call_id":"call_1","arguments":""}}
        """#

    static let responseFunctionCallArgumentsDelta = #"""
        {"type":"response.function_call_arguments.delta","event_id":"event_41","response_id":"resp_5",
        "item_id":"item_f1","output_index":0,"call_id":"call_1","delta":"{\"phone\":"}
        """#

    static let responseFunctionCallArgumentsDone = #"""
        {"type":"response.function_call_arguments.done","event_id":"event_42","response_id":"resp_5",
        "item_id":"item_f1","output_index":0,"call_id":"call_1","name":"lookup_appointment",
        "arguments":"{\"phone\":\"+15550100\"}"}
        """#

    static let toolItemDone = #"""
        {"type":"response.output_item.done","event_id":"event_43","response_id":"resp_5","output_index":0,
        "item":{"id":"item_f1","object":"realtime.item","type":"function_call","status":"completed",
        "name":"lookup_appointment","call_id":"call_1","arguments":"{\"phone\":\"+15550100\"}"}}
        """#

    static let all = [
        sessionCreated, conversationItemAdded, conversationItemDone, conversationItemTruncated,
        conversationItemDeleted, error, rateLimitsUpdated, inputAudioBufferSpeechStarted,
        inputAudioBufferSpeechStopped, inputAudioBufferCommitted, inputAudioBufferTimeoutTriggered,
        inputAudioBufferCleared, conversationItemInputAudioTranscriptionDelta,
        conversationItemInputAudioTranscriptionCompleted, conversationItemInputAudioTranscriptionFailed,
        inputAudioBufferDtmfEventReceived, responseCreated, responseOutputItemAdded, responseContentPartAdded,
        responseOutputAudioTranscriptDelta, responseOutputAudioDelta, responseOutputAudioDone,
        responseOutputAudioTranscriptDone, responseContentPartDone, responseOutputItemDone, responseDone,
        responseDoneCancelled, responseDoneFailed, responseDoneIncomplete, toolItemAdded,
        responseFunctionCallArgumentsDelta, responseFunctionCallArgumentsDone, toolItemDone,
    ]
}
