#include "calls/upstream.h"

#include <stdlib.h>

#include "calls/base64.h"
#include "calls/dialect.h"
#include "calls/message.h"
#include "load/clock.h"
#include "load/loop.h"

enum { LARGEST_AUDIO = 256 * 1024, BLOCKS_A_PIECE = 5, PIECES_A_BURST = 8, BLOCKS_AN_ANSWER = 300 };

static const uint64_t millisecond = 1000000;

/// A connection of the bridge. Which call it belongs to is said by the first sound that comes.
struct upstream_end {
    struct connection *connection;
    struct call *call;
    struct reader reader;
    bool is_ready;
};

static uint8_t audio[LARGEST_AUDIO];
static bool finishing;

static void opened(struct connection *connection) {
    struct upstream_end *end = calloc(1, sizeof *end);
    if (end == NULL) abort();
    end->connection = connection;
    end->reader.format = call_options->format;
    end->reader.way = WAY_UP;
    end->reader.is_exact = call_options->is_exact;
    connection->owner = end;
    dialect_greet(connection);
}

/// Only a call that waits for its upstream, and a sound of the last moments, make a match.
static bool bind_to_call(struct upstream_end *end, struct block block) {
    if (block.call >= call_options->calls) return false;
    struct call *call = &calls[block.call];
    if (call->stage != CALL_DIALLING || call->upstream != NULL || call->lanes[WAY_UP].next == 0) return false;
    uint64_t sent = call->lanes[WAY_UP].sent_at[block.sequence];
    if (sent < call->dialled) return false;
    end->call = call;
    call->upstream = end;
    call->stage = CALL_UP;
    call->answer.next_step = loop_now;
    if (call_options->manner == MANNER_CHURN) {
        call->hangs_up = loop_now + (uint64_t)(call_options->talk * 1e9);
    }
    histogram_add(&call_counts.setup, loop_now - call->dialled);
    return true;
}

static void block_came(void *owner, struct block block) {
    struct upstream_end *end = owner;
    if (end->call == NULL && !bind_to_call(end, block)) {
        call_counts.ways[WAY_UP].crossed++;
        return;
    }
    call_counts.messages += call_is_measured(loop_now);
    call_note_delay(WAY_UP, &end->reader);
    call_take_block(end->call, WAY_UP, block);
}

static void count_astray(void *owner, unsigned blocks) {
    (void)owner;
    call_counts.ways[WAY_UP].corrupt += blocks;
}

static void count_filled(void *owner, unsigned blocks) {
    (void)owner;
    call_counts.ways[WAY_UP].filled += blocks;
}

static void take_audio(struct upstream_end *end, struct slice text) {
    static const struct reader_events events = {block_came, count_astray, count_filled};
    size_t count =
        text.count / 4 * 3 > LARGEST_AUDIO ? SIZE_MAX : base64_decode(text.start, text.count, audio);
    if (count == SIZE_MAX) {
        call_counts.ways[WAY_UP].corrupt++;
    } else {
        reader_take(&end->reader, audio, count, &events, end);
    }
}

static void message_came(struct connection *connection, const struct frame *frame) {
    struct upstream_end *end = connection->owner;
    struct message message;
    if (!message_read((const char *)frame->payload, frame->length, &message)) {
        call_counts.ways[WAY_UP].corrupt++;
    } else if (message.audio.start != NULL) {
        take_audio(end, message.audio);
    } else if (dialect_is_setup(&message)) {
        end->is_ready = true;
        dialect_configured(connection);
    }
}

static void closed(struct connection *connection, const char *why) {
    struct upstream_end *end = connection->owner;
    if (end != NULL) {
        if (end->call != NULL) call_ended(end->call, why, false);
        reader_restart(&end->reader);
        free(end);
    }
    connection_free(connection);
}

const struct connection_events upstream_events = {opened, message_came, closed};

static void begin_answer(struct call *call) {
    unsigned number = call->answer.number + 1;
    call->answer = (struct answer){.state = ANSWER_SPEAKING, .number = number, .began = loop_now,
                                   .first_block = call->lanes[WAY_DOWN].next, .blocks_left = BLOCKS_AN_ANSWER};
    dialect_answer_begins(call, call->upstream->connection);
}

static void send_piece(struct call *call, uint64_t due) {
    struct connection *connection = call->upstream->connection;
    uint64_t now = loop_now = clock_now();
    bool measured = call_is_measured(now);
    if (measured && call_options->manner != MANNER_TURNS) histogram_add(&call_counts.lag, now - due);
    if (connection_is_congested(connection)) {
        call_counts.ways[WAY_DOWN].withheld += BLOCKS_A_PIECE * measured;
        return;
    }
    static uint8_t sound[BLOCKS_A_PIECE * AUDIO_LARGEST_BLOCK];
    size_t size = audio_block_size(call_options->format);
    for (unsigned i = 0; i < BLOCKS_A_PIECE; i++) {
        struct block block = call_next_block(call, WAY_DOWN, now);
        audio_write(call_options->format, WAY_DOWN, block, sound + i * size);
        call->answer.measured += measured;
        call->answer.blocks_left--;
    }
    dialect_audio(call, connection, sound, BLOCKS_A_PIECE * size);
}

static bool is_interrupted(const struct answer *answer) {
    // The first one is a greeting, which may be protected.
    return answer->number % 2 == 0;
}

static void say_burst(struct call *call, uint64_t due) {
    struct answer *answer = &call->answer;
    for (unsigned i = 0; i < PIECES_A_BURST && answer->blocks_left > 0 && call->upstream != NULL; i++) {
        send_piece(call, due);
    }
    if (answer->blocks_left > 0 || call->upstream == NULL) return;
    dialect_answer_ends(call, call->upstream->connection);
    answer->state = ANSWER_SAID;
    answer->next_step = answer->began + (is_interrupted(answer) ? 2500 : 6500) * millisecond;
}

static void begin_speech(struct call *call) {
    struct answer *answer = &call->answer;
    answer->state = ANSWER_INTERRUPTED;
    answer->next_step = loop_now + 400 * millisecond;
    if (is_interrupted(answer)) {
        call_counts.interruptions++;
        answer->interrupted_at = loop_now = clock_now();
    }
    dialect_speech_began(call, call->upstream->connection);
}

static void take_turns(struct call *call, uint64_t due) {
    struct answer *answer = &call->answer;
    if (answer->state == ANSWER_SPEAKING) return say_burst(call, due);
    if (loop_now < answer->next_step || finishing) return;
    switch (answer->state) {
    case ANSWER_NONE: return begin_answer(call);
    case ANSWER_SAID: return begin_speech(call);
    case ANSWER_INTERRUPTED:
        dialect_speech_ended(call, call->upstream->connection);
        answer->state = ANSWER_NONE;
        answer->next_step = loop_now + 200 * millisecond;
        return;
    case ANSWER_SPEAKING: return;
    }
}

void upstream_beat(struct call *call, uint64_t due) {
    if (call->stage != CALL_UP || call->upstream == NULL || !call->upstream->is_ready) return;
    if (!call_is_talking(call)) return;
    if (call_options->manner == MANNER_TURNS) return take_turns(call, due);
    if (call->answer.state == ANSWER_NONE) begin_answer(call);
    if (call->upstream != NULL) send_piece(call, due);
}

void upstream_cleared(struct call *call) {
    struct answer *answer = &call->answer;
    if (answer->interrupted_at == 0) return;
    histogram_add(&call_counts.clear, loop_now - answer->interrupted_at);
    call_counts.clears++;
    answer->interrupted_at = 0;
    call_counts.ways[WAY_DOWN].cut += answer->measured - answer->measured_came;
    call->stale_before = answer->first_block + BLOCKS_AN_ANSWER;
    // What comes next need not begin where a block would have.
    reader_restart(&call->down_reader);
}

void upstream_finish(void) {
    finishing = true;
}

bool upstream_is_quiet(const struct call *call) {
    return call_options->manner != MANNER_TURNS || call->answer.state != ANSWER_SPEAKING;
}
