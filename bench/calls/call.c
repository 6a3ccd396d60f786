#include "calls/call.h"

#include "calls/phone.h"
#include "calls/upstream.h"
#include "load/loop.h"

struct call_counts call_counts;
const struct options *call_options;
struct call *calls;

/// In a short call nothing is sent any more for so long before the caller hangs up.
static const uint64_t last_silence = 200000000;

bool call_is_talking(const struct call *call) {
    return call->stage == CALL_UP && (call->hangs_up == 0 || loop_now + last_silence < call->hangs_up);
}

struct block call_next_block(struct call *call, enum way way, uint64_t now) {
    struct lane *lane = &call->lanes[way];
    struct block block = {call->number, (uint32_t)(lane->next % AUDIO_SEQUENCE_LIMIT)};
    lane->sent_at[block.sequence] = now;
    lane->next++;
    call_counts.ways[way].sent += call_is_measured(now);
    return block;
}

/// Counts what came of an answer; what was cut off and comes all the same is told apart.
static bool is_stale(struct call *call, uint64_t number, bool measured) {
    if (number < call->stale_before) return true;
    if (number >= call->answer.first_block) call->answer.measured_came += measured;
    return false;
}

uint64_t call_take_block(struct call *call, enum way way, struct block block) {
    struct way_counts *counts = &call_counts.ways[way];
    struct lane *lane = &call->lanes[way];
    if (block.call != call->number || lane->next == 0) {
        counts->crossed++;
        return UINT64_MAX;
    }
    uint64_t newest = lane->next - 1;
    uint64_t back = (newest - block.sequence) % AUDIO_SEQUENCE_LIMIT, number = newest - back;
    if (back > newest) return UINT64_MAX;
    enum arrival arrival = sequence_note(&lane->came, number);
    uint64_t sent = lane->sent_at[block.sequence], latency = loop_now - sent;
    bool measured = call_is_measured(sent);
    if (arrival == ARRIVAL_DUPLICATE) {
        counts->duplicated += measured;
        return number;
    }
    if (way == WAY_DOWN && is_stale(call, number, measured)) {
        counts->stale += measured;
        return number;
    }
    if (!measured) return number;
    counts->received++;
    counts->reordered += arrival == ARRIVAL_REORDERED;
    // What comes faster than it is heard has to wait: there only the first of an answer tells how fast the bridge is.
    bool waits = way == WAY_DOWN && call_options->manner == MANNER_TURNS && number != call->answer.first_block;
    if (waits) return number;
    counts->late += (double)latency > call_options->late_ms * 1e6;
    histogram_add(&counts->latency, latency);
    return number;
}

void call_note_delay(enum way way, const struct reader *reader) {
    uint64_t delay = reader->delay * 20000000 / audio_block_size(reader->format);
    // More than a block is silence that somebody put in, and counted as such.
    if (delay < 20000000 && delay > call_counts.ways[way].delay) call_counts.ways[way].delay = delay;
}

void call_ended(struct call *call, const char *why, bool is_phone) {
    if (is_phone) call->phone = NULL;
    if (!is_phone) call->upstream = NULL;
    if (call->stage == CALL_DIALLING) {
        call_counts.failed++;
        if (call_counts.first_failure == NULL) call_counts.first_failure = why;
    } else if (call->stage == CALL_UP) {
        call_counts.lost++;
        if (call_counts.first_loss == NULL) call_counts.first_loss = why;
    }
    if (call->stage == CALL_DIALLING || call->stage == CALL_UP) {
        call->stage = CALL_ENDING;
        call->ended = loop_now;
    }
    if (is_phone && call->upstream != NULL) return;
    if (call->phone != NULL) {
        connection_close(call->phone);
        return;
    }
    if (call->upstream == NULL && call->stage == CALL_ENDING) {
        call->stage = CALL_ABSENT;
        call_counts.done++;
    }
}
