#ifndef BENCH_CALLS_READER_H
#define BENCH_CALLS_READER_H

#include "calls/audio.h"

/// Finds the blocks in a stream of audio that comes in pieces of any size.
struct reader {
    enum audio_format format;
    enum way way;
    bool is_exact;       // Not a byte may differ; else the audio was resampled on its way.
    bool is_aligned;     // The next block begins where the last one ended.
    bool has_sound;      // In what was no block.
    bool has_begun;
    size_t astray;       // Bytes since the last block that were none.
    size_t delay;        // Before the first block of all: what filters held back.
    size_t to_skip;      // The silence at the end of a block that was read already.
    uint8_t *kept;
    size_t kept_count;
};

/// What is told of a stream. `astray` counts blocks' worths that were neither blocks nor silence, `filled` of silence
/// that nobody sent.
struct reader_events {
    void (*block)(void *owner, struct block block);
    void (*astray)(void *owner, unsigned blocks);
    void (*filled)(void *owner, unsigned blocks);
};

void reader_take(struct reader *reader, const uint8_t *bytes, size_t count, const struct reader_events *events,
                 void *owner);

/// What waits for the rest of a block is forgotten, and what comes next begins one.
void reader_restart(struct reader *reader);

#endif
