#ifndef BENCH_CALLS_AUDIO_H
#define BENCH_CALLS_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/stamp.h"

/// As a wire carries it.
enum audio_format { AUDIO_MULAW_8K, AUDIO_PCM_16K, AUDIO_PCM_24K, AUDIO_FORMAT_COUNT };

enum {
    AUDIO_LARGEST_BLOCK = 960,
    AUDIO_CALL_LIMIT = 4096,
    AUDIO_SEQUENCE_LIMIT = 2048,  // 41 s: what is older than that when it comes is taken for newer.
};

/// What 20 ms of sound say: 12 bits of the call, 11 of the number, 9 to check them and the way.
struct block {
    uint32_t call, sequence;
};

/// Bytes of 20 ms, and of one sample.
size_t audio_block_size(enum audio_format format);
size_t audio_sample_size(enum audio_format format);

/// How much of a block has to be there for it to be read. The last 4 ms are silence, so that a resampler's delay does
/// not hold back the word until the next block comes.
size_t audio_needed(enum audio_format format);

/// To be called once, before all else.
void audio_prepare(void);

/// Writes 20 ms: 32 bits as half waves up or down, 2,000 a second, which any resampler and any telephone codec passes.
void audio_write(enum audio_format format, enum way way, struct block block, uint8_t *out);

/// Reads a whole block that must be what `audio_write` wrote, to the last byte.
bool audio_read_exact(enum way way, const uint8_t *bytes, struct block *block);

/// Reads a block that may have been resampled. `bytes` holds `audio_needed` of it. Returns how clear it is (the
/// weakest bit, of at most about 100), or 0 when there is none.
unsigned audio_read_loose(enum audio_format format, enum way way, const uint8_t *bytes, struct block *block);

/// Whether nothing can be heard in it.
bool audio_is_silence(enum audio_format format, const uint8_t *bytes, size_t count);

#endif
