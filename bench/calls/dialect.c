#include "calls/dialect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "calls/message.h"
#include "calls/text.h"

static bool is_openai(void) {
    return call_options->vendor == VENDOR_OPENAI;
}

__attribute__((format(printf, 2, 3))) static void say(struct connection *connection, const char *format, ...) {
    char text[2048];
    va_list values;
    va_start(values, format);
    int count = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (count < 0 || (size_t)count >= sizeof text) abort();
    connection_send_copy(connection, OPCODE_TEXT, text, (size_t)count);
}

void dialect_greet(struct connection *connection) {
    if (!is_openai()) return;
    say(connection, "{\"type\":\"session.created\",\"event_id\":\"event_0000000000000000000\",\"session\":{"
                    "\"type\":\"realtime\",\"object\":\"realtime.session\",\"id\":\"sess_0000000000000000000\","
                    "\"model\":\"gpt-realtime\"}}");
}

bool dialect_is_setup(const struct message *message) {
    return slice_equals(message->kind, is_openai() ? "session.update" : "conversation_initiation_client_data");
}

void dialect_configured(struct connection *connection) {
    static const char *const openai[] = {"{\"type\":\"audio/pcmu\"}", "", "{\"type\":\"audio/pcm\",\"rate\":24000}"};
    static const char *const elevenlabs[] = {"ulaw_8000", "pcm_16000", "pcm_24000"};
    if (is_openai()) {
        const char *format = openai[call_options->format];
        say(connection,
            "{\"type\":\"session.updated\",\"event_id\":\"event_0000000000000000001\",\"session\":{"
            "\"type\":\"realtime\",\"object\":\"realtime.session\",\"id\":\"sess_0000000000000000000\","
            "\"model\":\"gpt-realtime\",\"audio\":{\"input\":{\"format\":%s,\"turn_detection\":{"
            "\"type\":\"server_vad\",\"create_response\":true,\"interrupt_response\":true,"
            "\"silence_duration_ms\":500}},\"output\":{\"format\":%s}}}}",
            format, format);
    } else {
        const char *format = elevenlabs[call_options->format];
        say(connection,
            "{\"type\":\"conversation_initiation_metadata\",\"conversation_initiation_metadata_event\":{"
            "\"conversation_id\":\"conv_0000000000000000000\",\"agent_output_audio_format\":\"%s\","
            "\"user_input_audio_format\":\"%s\"}}",
            format, format);
    }
}

void dialect_answer_begins(struct call *call, struct connection *connection) {
    if (!is_openai()) return;
    unsigned seat = call->number, number = call->answer.number;
    say(connection,
        "{\"type\":\"response.created\",\"event_id\":\"event_0000000000000000002\",\"response\":{"
        "\"object\":\"realtime.response\",\"id\":\"resp_%010u%010u\",\"status\":\"in_progress\",\"output\":[]}}",
        seat, number);
    say(connection,
        "{\"type\":\"response.output_item.added\",\"event_id\":\"event_0000000000000000003\","
        "\"response_id\":\"resp_%010u%010u\",\"output_index\":0,\"item\":{\"id\":\"item_%010u%010u\","
        "\"object\":\"realtime.item\",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\","
        "\"content\":[]}}",
        seat, number, seat, number);
}

void dialect_audio(struct call *call, struct connection *connection, const uint8_t *bytes, size_t count) {
    char ids[160];
    struct text text = text_begin();
    if (is_openai()) {
        // The audio is last and all else of one length, so that a relay without a parser can find it.
        snprintf(ids, sizeof ids,
                 "\"response_id\":\"resp_%010u%010u\",\"item_id\":\"item_%010u%010u\",\"output_index\":0,",
                 call->number, call->answer.number, call->number, call->answer.number);
        text_put(&text, "{\"type\":\"response.output_audio.delta\",\"event_id\":\"event_0000000000000000004\",");
        text_put(&text, ids);
        text_put(&text, "\"content_index\":0,\"delta\":\"");
        text_audio(&text, bytes, count);
        text_put(&text, "\"}");
    } else {
        text_put(&text, "{\"type\":\"audio\",\"audio_event\":{\"audio_base_64\":\"");
        text_audio(&text, bytes, count);
        text_put(&text, "\",\"event_id\":");
        text_number(&text, call->answer.number);
        text_put(&text, "}}");
    }
    text_send(&text, connection);
}

void dialect_answer_ends(struct call *call, struct connection *connection) {
    if (!is_openai()) return;
    unsigned seat = call->number, number = call->answer.number;
    say(connection,
        "{\"type\":\"response.output_audio.done\",\"event_id\":\"event_0000000000000000005\","
        "\"response_id\":\"resp_%010u%010u\",\"item_id\":\"item_%010u%010u\",\"output_index\":0,\"content_index\":0}",
        seat, number, seat, number);
    say(connection,
        "{\"type\":\"response.done\",\"event_id\":\"event_0000000000000000006\",\"response\":{"
        "\"object\":\"realtime.response\",\"id\":\"resp_%010u%010u\",\"status\":\"completed\",\"output\":[{"
        "\"id\":\"item_%010u%010u\",\"object\":\"realtime.item\",\"type\":\"message\",\"status\":\"completed\","
        "\"role\":\"assistant\",\"content\":[]}]}}",
        seat, number, seat, number);
}

void dialect_speech_began(struct call *call, struct connection *connection) {
    say(connection,
        "{\"type\":\"input_audio_buffer.speech_started\",\"event_id\":\"event_0000000000000000007\","
        "\"audio_start_ms\":%llu,\"item_id\":\"turn_%010u%010u\"}",
        (unsigned long long)(call->chunk * 20), call->number, call->answer.number);
}

void dialect_speech_ended(struct call *call, struct connection *connection) {
    say(connection,
        "{\"type\":\"input_audio_buffer.speech_stopped\",\"event_id\":\"event_0000000000000000008\","
        "\"audio_end_ms\":%llu,\"item_id\":\"turn_%010u%010u\"}",
        (unsigned long long)(call->chunk * 20), call->number, call->answer.number);
    say(connection,
        "{\"type\":\"input_audio_buffer.committed\",\"event_id\":\"event_0000000000000000009\","
        "\"item_id\":\"turn_%010u%010u\"}",
        call->number, call->answer.number);
}
