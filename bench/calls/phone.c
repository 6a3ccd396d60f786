#include "calls/phone.h"

#include <stdio.h>
#include <string.h>

#include "calls/message.h"
#include "calls/text.h"
#include "calls/upstream.h"
#include "load/clock.h"
#include "load/loop.h"

enum { LARGEST_AUDIO = 256 * 1024 };

static const struct target *target;
static struct ssl_ctx_st *tls;
static uint8_t audio[LARGEST_AUDIO];

static void begin_numbered(struct text *text, struct call *call, const char *event) {
    *text = text_begin();
    text_put(text, "{\"event\":\"");
    text_put(text, event);
    text_put(text, "\",\"sequenceNumber\":\"");
    text_number(text, ++call->numbered);
    text_put(text, "\",");
}

static void finish_numbered(struct text *text, struct call *call) {
    text_put(text, ",\"streamSid\":\"");
    text_put(text, call->stream);
    text_put(text, "\"}");
    text_send(text, call->phone);
}

static void opened(struct connection *connection) {
    struct call *call = connection->owner;
    struct text text = text_begin();
    text_put(&text, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}");
    text_send(&text, connection);
    char start[512];
    snprintf(start, sizeof start,
             "\"start\":{\"accountSid\":\"AC00000000000000000000000000000000\",\"streamSid\":\"%s\","
             "\"callSid\":\"CA%s\",\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000,"
             "\"channels\":1},\"customParameters\":{}}",
             call->stream, call->stream + 2);
    begin_numbered(&text, call, "start");
    text_put(&text, start);
    finish_numbered(&text, call);
    call->started = loop_now;
}

static void answer_mark(struct call *call, const struct mark *mark) {
    struct text text;
    char name[sizeof mark->name + 1];
    memcpy(name, mark->name, mark->count);
    name[mark->count] = 0;
    begin_numbered(&text, call, "mark");
    text_put(&text, "\"mark\":{\"name\":\"");
    text_put(&text, name);
    text_put(&text, "\"}");
    finish_numbered(&text, call);
    call_counts.marks_answered++;
}

static void answer_marks(struct call *call, uint64_t until) {
    struct playback *playback = &call->playback;
    while (playback->mark_count > 0 && call->phone != NULL) {
        const struct mark *mark = &playback->marks[playback->first_mark];
        if (mark->due > until) return;
        answer_mark(call, mark);
        playback->first_mark = (playback->first_mark + 1) % MARKS_WAITING;
        playback->mark_count--;
    }
}

static void take_mark(struct call *call, struct slice name) {
    struct playback *playback = &call->playback;
    call_counts.marks++;
    struct mark mark = {.due = playback->ends_at, .count = name.count};
    if (name.count > sizeof mark.name) return;
    memcpy(mark.name, name.start, name.count);
    // A carrier that has played everything, or keeps no more of them, answers at once.
    if (mark.due <= loop_now || playback->mark_count == MARKS_WAITING) return answer_mark(call, &mark);
    playback->marks[(playback->first_mark + playback->mark_count++) % MARKS_WAITING] = mark;
}

static void take_clear(struct call *call) {
    call->playback.ends_at = loop_now;
    answer_marks(call, UINT64_MAX);
    upstream_cleared(call);
}

static void block_came(void *owner, struct block block) {
    struct call *call = owner;
    uint64_t number = call_take_block(call, WAY_DOWN, block), now = loop_now;
    if (number == UINT64_MAX) return;
    call_note_delay(WAY_DOWN, &call->down_reader);
    bool begins = number == call->answer.first_block;
    if (begins && call->answer.number == 1) histogram_add(&call_counts.first_audio, now - call->dialled);
    uint64_t heard_until = call->playback.ends_at;
    if (!begins && call_options->manner == MANNER_TURNS && now > heard_until) {
        histogram_add(&call_counts.gap, now - heard_until);
    }
    call->playback.ends_at = (heard_until > now ? heard_until : now) + 20000000;
}

static void count_astray(void *owner, unsigned blocks) {
    (void)owner;
    call_counts.ways[WAY_DOWN].corrupt += blocks;
}

static void count_filled(void *owner, unsigned blocks) {
    (void)owner;
    call_counts.ways[WAY_DOWN].filled += blocks;
}

static void message_came(struct connection *connection, const struct frame *frame) {
    static const struct reader_events events = {block_came, count_astray, count_filled};
    struct call *call = connection->owner;
    struct message message;
    if (!message_read((const char *)frame->payload, frame->length, &message)) {
        call_counts.ways[WAY_DOWN].corrupt++;
    } else if (slice_equals(message.kind, "media")) {
        call_counts.messages += call_is_measured(loop_now);
        size_t count = message.audio.count / 4 * 3 > LARGEST_AUDIO
                           ? SIZE_MAX : base64_decode(message.audio.start, message.audio.count, audio);
        if (count == SIZE_MAX) {
            call_counts.ways[WAY_DOWN].corrupt++;
        } else {
            reader_take(&call->down_reader, audio, count, &events, call);
        }
    } else if (slice_equals(message.kind, "mark")) {
        take_mark(call, message.name);
    } else if (slice_equals(message.kind, "clear")) {
        take_clear(call);
    }
}

static void closed(struct connection *connection, const char *why) {
    call_ended(connection->owner, why, true);
    connection_free(connection);
}

static const struct connection_events events = {opened, message_came, closed};

void phone_prepare(const struct target *to, struct ssl_ctx_st *context) {
    target = to;
    tls = context;
}

void phone_dial(struct call *call) {
    call->life++;
    call->stage = CALL_DIALLING;
    call->dialled = loop_now = clock_now();
    call->started = call->hangs_up = call->ended = 0;
    call->numbered = call->chunk = 0;
    call->playback = (struct playback){0};
    call->answer = (struct answer){0};
    call->stale_before = call->lanes[WAY_DOWN].next;
    reader_restart(&call->down_reader);
    call->down_reader.format = AUDIO_MULAW_8K;
    call->down_reader.way = WAY_DOWN;
    call->down_reader.is_exact = call_options->is_exact;
    // Unlike any of another run, so that a bridge that keeps its records takes it for a call of its own.
    snprintf(call->stream, sizeof call->stream, "MZ%016llx%08x%08x", (unsigned long long)call->dialled, call->number,
             call->life);
    call_counts.begun++;
    call->phone = connection_open(target, tls, call->number, &events, call);
    if (call->phone == NULL) call_ended(call, "no socket could be made", true);
}

static void speak(struct call *call, uint64_t due) {
    uint64_t now = loop_now = clock_now();
    if (call_is_measured(now)) histogram_add(&call_counts.lag, now - due);
    if (connection_is_congested(call->phone)) {
        call_counts.ways[WAY_UP].withheld += call_is_measured(now);
        return;
    }
    uint8_t sound[160];
    audio_write(AUDIO_MULAW_8K, WAY_UP, call_next_block(call, WAY_UP, now), sound);
    struct text text;
    begin_numbered(&text, call, "media");
    text_put(&text, "\"media\":{\"track\":\"inbound\",\"chunk\":\"");
    text_number(&text, ++call->chunk);
    text_put(&text, "\",\"timestamp\":\"");
    text_number(&text, (call->chunk - 1) * 20);
    text_put(&text, "\",\"payload\":\"");
    text_audio(&text, sound, sizeof sound);
    text_put(&text, "\"}");
    finish_numbered(&text, call);
}

void phone_beat(struct call *call, uint64_t due) {
    struct connection *phone = call->phone;
    if (phone == NULL || call->started == 0 || phone->state != CONNECTION_OPEN) return;
    connection_gather(phone);
    answer_marks(call, loop_now);
    if (call->stage == CALL_DIALLING || call_is_talking(call)) speak(call, due);
    connection_release(phone);
}

void phone_hang_up(struct call *call) {
    if (call->stage != CALL_UP && call->stage != CALL_DIALLING) return;
    call->stage = CALL_ENDING;
    call->ended = loop_now;
    if (call->phone == NULL) return;
    if (call->phone->state != CONNECTION_OPEN) return connection_abort(call->phone, "given up");
    struct text text;
    begin_numbered(&text, call, "stop");
    text_put(&text, "\"stop\":{\"accountSid\":\"AC00000000000000000000000000000000\",\"callSid\":\"CA");
    text_put(&text, call->stream + 2);
    text_put(&text, "\"}");
    finish_numbered(&text, call);
    if (call->phone != NULL) connection_close(call->phone);
}
