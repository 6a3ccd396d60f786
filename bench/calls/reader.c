#include "calls/reader.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_PIECE = 256 * 1024 };

static uint8_t joined[AUDIO_LARGEST_BLOCK + LARGEST_PIECE];

struct find {
    struct block block;
    size_t at;
    unsigned clarity;
};

static unsigned read_at(const struct reader *reader, const uint8_t *bytes, struct block *block) {
    if (reader->is_exact) return audio_read_exact(reader->way, bytes, block);
    return audio_read_loose(reader->format, reader->way, bytes, block);
}

static size_t needed(const struct reader *reader) {
    return reader->is_exact ? audio_block_size(reader->format) : audio_needed(reader->format);
}

/// Of the places around the first at which a resampled block can be read, the clearest is the right one.
static void centre(const struct reader *reader, const uint8_t *bytes, size_t count, struct find *found) {
    size_t step = audio_sample_size(reader->format), width = audio_block_size(reader->format) / 40;
    struct block block;
    for (size_t at = found->at + step; at <= found->at + width && at + needed(reader) <= count; at += step) {
        unsigned clarity = read_at(reader, bytes + at, &block);
        if (clarity > found->clarity) *found = (struct find){block, at, clarity};
        if (clarity < found->clarity) break;
    }
}

static void tell_astray(struct reader *reader, const struct reader_events *events, void *owner) {
    size_t size = audio_block_size(reader->format);
    unsigned blocks = (unsigned)((reader->astray + size / 2) / size);
    // What a filter's delay puts in front is less than half a block.
    if (reader->has_sound) {
        events->astray(owner, blocks == 0 ? 1 : blocks);
    } else if (blocks > 0) {
        events->filled(owner, blocks);
    }
    reader->astray = 0;
    reader->has_sound = false;
}

static void keep(struct reader *reader, const uint8_t *bytes, size_t count) {
    if (count > 0 && reader->kept == NULL && (reader->kept = malloc(AUDIO_LARGEST_BLOCK)) == NULL) abort();
    if (count > 0) memmove(reader->kept, bytes, count);
    reader->kept_count = count;
}

void reader_take(struct reader *reader, const uint8_t *bytes, size_t count, const struct reader_events *events,
                 void *owner) {
    size_t skipped = reader->to_skip < count ? reader->to_skip : count;
    reader->to_skip -= skipped;
    bytes += skipped;
    count -= skipped;
    if (count > LARGEST_PIECE) count = LARGEST_PIECE;
    if (reader->kept_count > 0) {
        memcpy(joined, reader->kept, reader->kept_count);
        memcpy(joined + reader->kept_count, bytes, count);
        bytes = joined;
        count += reader->kept_count;
    }
    size_t at = 0, size = audio_block_size(reader->format), step = audio_sample_size(reader->format);
    while (count - at >= needed(reader)) {
        struct find found = {.at = at};
        found.clarity = read_at(reader, bytes + at, &found.block);
        if (found.clarity == 0) {
            reader->has_sound |= !audio_is_silence(reader->format, bytes + at, step);
            reader->is_aligned = false;
            reader->astray += step;
            at += step;
            continue;
        }
        if (!reader->is_exact && !reader->is_aligned) centre(reader, bytes, count, &found);
        reader->astray += found.at - at;
        if (!reader->has_begun) reader->delay = reader->astray;
        reader->has_begun = true;
        if (reader->astray > 0) tell_astray(reader, events, owner);
        reader->is_aligned = true;
        events->block(owner, found.block);
        at = found.at + size;
        if (at > count) {
            reader->to_skip = at - count;
            at = count;
        }
    }
    keep(reader, bytes + at, count - at);
}

void reader_restart(struct reader *reader) {
    free(reader->kept);
    reader->kept = NULL;
    reader->kept_count = reader->to_skip = reader->astray = reader->delay = 0;
    reader->has_sound = reader->is_aligned = reader->has_begun = false;
}
