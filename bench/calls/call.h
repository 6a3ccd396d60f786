#ifndef BENCH_CALLS_CALL_H
#define BENCH_CALLS_CALL_H

#include "calls/options.h"
#include "calls/reader.h"
#include "load/connection.h"
#include "load/histogram.h"
#include "load/sequence.h"

/// The audio of one way of one seat. Numbers go on from call to call.
struct lane {
    uint64_t next;
    struct sequence came;
    uint64_t sent_at[AUDIO_SEQUENCE_LIMIT];
};

struct mark {
    uint64_t due;
    size_t count;
    char name[48];
};

enum { MARKS_WAITING = 64 };

/// What a carrier's player does: everything is heard one after the other, in real time.
struct playback {
    uint64_t ends_at;
    unsigned first_mark, mark_count;
    struct mark marks[MARKS_WAITING];
};

/// What the upstream says at the moment, and how far it is.
struct answer {
    enum { ANSWER_NONE, ANSWER_SPEAKING, ANSWER_SAID, ANSWER_INTERRUPTED } state;
    unsigned number;
    uint64_t began, next_step;
    uint64_t first_block, blocks_left;
    uint64_t measured, measured_came;  // Of its blocks, those that count.
    uint64_t interrupted_at;           // 0 when it was not, or when `clear` has come.
};

struct upstream_end;

enum call_stage { CALL_ABSENT, CALL_DIALLING, CALL_UP, CALL_ENDING };

/// A seat: one call at a time.
struct call {
    uint32_t number;
    enum call_stage stage;
    unsigned life;
    struct connection *phone;
    struct upstream_end *upstream;
    uint64_t due, dialled, started, hangs_up, ended;
    uint64_t numbered, chunk;
    struct lane lanes[WAY_COUNT];
    struct reader down_reader;
    struct playback playback;
    struct answer answer;
    uint64_t stale_before;  // Blocks of the agent's with a lower number were cut off.
    char stream[40];
};

struct way_counts {
    uint64_t sent, received, cut, late, duplicated, reordered, corrupt, crossed, filled, stale, withheld;
    struct histogram latency;
    uint64_t delay;  // The longest by which sound is later in its stream than it was: what filters hold back.
};

struct call_counts {
    struct way_counts ways[WAY_COUNT];
    struct histogram lag, setup, first_audio, clear, gap;
    uint64_t messages;  // With audio, that came out in the window.
    uint64_t marks, marks_answered, clears, interruptions;
    unsigned begun, up_at_once, lost, failed, done;
    const char *first_loss, *first_failure;
};

extern struct call_counts call_counts;
extern const struct options *call_options;
extern struct call *calls;

bool call_is_measured(uint64_t sent);

/// Whether audio is still sent: in the last moments of a short call it is not, so that all of it can arrive.
bool call_is_talking(const struct call *call);

/// Makes the next block of a way. The time of sending is kept.
struct block call_next_block(struct call *call, enum way way, uint64_t now);

/// A block came. Returns the number it has in full, or UINT64_MAX when it is not this call's.
uint64_t call_take_block(struct call *call, enum way way, struct block block);

/// Notes what the filters on a way hold back.
void call_note_delay(enum way way, const struct reader *reader);

/// Of its two ends one is gone.
void call_ended(struct call *call, const char *why, bool is_phone);

#endif
