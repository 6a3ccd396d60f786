#include "calls/audio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 32, BITS_A_NIBBLE = 4, NIBBLES = BITS / BITS_A_NIBBLE, CLEAREST = 100, CLEAR = 50, SILENT = 500 };

struct layout {
    size_t sample_size, symbol_samples, block_size;
};

static const struct layout layouts[AUDIO_FORMAT_COUNT] = {{1, 4, 160}, {2, 8, 640}, {2, 12, 960}};

// The half waves of a block differ in height, so that it has as many different samples as speech: what judges by them
// whether audio is in the promised encoding would else take it for a steady tone.
static const double loudest = 8000, quietest = 5200;

// Four bits as sound, for every format and for even and odd places. A block is eight of these and then silence.
static uint8_t nibbles[AUDIO_FORMAT_COUNT][2][16][4 * 12 * 2];
static int16_t linear[256];
// What the middle half of the quietest symbol adds up to.
static int clear_sum[AUDIO_FORMAT_COUNT];

size_t audio_block_size(enum audio_format format) {
    return layouts[format].block_size;
}

size_t audio_sample_size(enum audio_format format) {
    return layouts[format].sample_size;
}

size_t audio_needed(enum audio_format format) {
    return layouts[format].block_size / 5 * 4;
}

static int16_t mulaw_decode(uint8_t code) {
    unsigned plain = ~code & 0xFF, exponent = plain >> 4 & 7;
    int magnitude = (int)((((plain & 15) << 3) + 0x84) << exponent) - 0x84;
    return (int16_t)(plain & 0x80 ? -magnitude : magnitude);
}

static uint8_t mulaw_encode(int sample) {
    uint8_t best = 0xFF;
    for (unsigned code = 0; code < 256; code++) {
        if (abs(linear[code] - sample) < abs(linear[best] - sample)) best = (uint8_t)code;
    }
    return best;
}

static int sample_at(enum audio_format format, const uint8_t *bytes, size_t index) {
    if (format == AUDIO_MULAW_8K) return linear[bytes[index]];
    return (int16_t)(bytes[2 * index] | bytes[2 * index + 1] << 8);
}

static void put_sample(enum audio_format format, uint8_t *bytes, size_t index, int sample) {
    if (format == AUDIO_MULAW_8K) {
        bytes[index] = mulaw_encode(sample);
    } else {
        bytes[2 * index] = (uint8_t)sample;
        bytes[2 * index + 1] = (uint8_t)(sample >> 8);
    }
}

static int middle(enum audio_format format, const uint8_t *symbol) {
    size_t samples = layouts[format].symbol_samples;
    int sum = 0;
    for (size_t i = samples / 4; i < samples - samples / 4; i++) sum += sample_at(format, symbol, i);
    return sum;
}

static void prepare_nibble(enum audio_format format, unsigned place, unsigned nibble) {
    size_t samples = layouts[format].symbol_samples;
    for (size_t i = 0; i < BITS_A_NIBBLE * samples; i++) {
        double symbol = (double)(place * BITS_A_NIBBLE + i / samples);
        double height = loudest - (loudest - quietest) * symbol / (2 * BITS_A_NIBBLE - 1);
        double wave = height * sin(M_PI * ((double)(i % samples) + 0.5) / (double)samples);
        bool up = nibble >> (BITS_A_NIBBLE - 1 - i / samples) & 1;
        put_sample(format, nibbles[format][place][nibble], i, (int)lround(up ? wave : -wave));
    }
}

void audio_prepare(void) {
    for (unsigned code = 0; code < 256; code++) linear[code] = mulaw_decode((uint8_t)code);
    for (enum audio_format format = 0; format < AUDIO_FORMAT_COUNT; format++) {
        size_t size = layouts[format].symbol_samples * layouts[format].sample_size;
        for (unsigned nibble = 0; nibble < 16; nibble++) {
            prepare_nibble(format, 0, nibble);
            prepare_nibble(format, 1, nibble);
        }
        clear_sum[format] = middle(format, nibbles[format][1][15] + (BITS_A_NIBBLE - 1) * size);
    }
}

static uint32_t check_of(enum way way, struct block block) {
    uint32_t value = block.call << 12 | block.sequence << 1 | (uint32_t)way;
    value = (value ^ value >> 11) * 0x9E3779B1u;
    value = (value ^ value >> 15) * 0x85EBCA77u;
    return value >> 23;
}

/// The mask keeps a low number from being a long row of equal bits.
static const uint32_t whitening = 0x5A3C96E1;

static uint32_t word_of(enum way way, struct block block) {
    return (block.call << 20 | block.sequence << 9 | check_of(way, block)) ^ whitening;
}

static bool take_word(enum way way, uint32_t word, struct block *block) {
    word ^= whitening;
    *block = (struct block){word >> 20, word >> 9 & (AUDIO_SEQUENCE_LIMIT - 1)};
    return (word & 0x1FF) == check_of(way, *block);
}

void audio_write(enum audio_format format, enum way way, struct block block, uint8_t *out) {
    const struct layout *layout = &layouts[format];
    uint32_t word = word_of(way, block);
    size_t size = BITS_A_NIBBLE * layout->symbol_samples * layout->sample_size;
    for (int nibble = NIBBLES - 1; nibble >= 0; nibble--, out += size) {
        memcpy(out, nibbles[format][(nibble + 1) % 2][word >> (BITS_A_NIBBLE * nibble) & 15], size);
    }
    memset(out, format == AUDIO_MULAW_8K ? 0xFF : 0, layout->block_size - NIBBLES * size);
}

bool audio_read_exact(enum way way, const uint8_t *bytes, struct block *block) {
    uint32_t word = 0;
    for (size_t bit = 0; bit < BITS; bit++) word = word << 1 | bytes[4 * bit + 1] >> 7;
    if (!take_word(way, word, block)) return false;
    uint8_t expected[160];
    audio_write(AUDIO_MULAW_8K, way, *block, expected);
    return memcmp(bytes, expected, sizeof expected) == 0;
}

unsigned audio_read_loose(enum audio_format format, enum way way, const uint8_t *bytes, struct block *block) {
    const struct layout *layout = &layouts[format];
    size_t size = layout->symbol_samples * layout->sample_size;
    uint32_t word = 0;
    int weakest = clear_sum[format];
    for (size_t bit = 0; bit < BITS; bit++) {
        int sum = middle(format, bytes + bit * size);
        word = word << 1 | (sum > 0);
        if (abs(sum) < weakest) weakest = abs(sum);
    }
    unsigned clarity = (unsigned)(weakest * CLEAREST / clear_sum[format]);
    return clarity >= CLEAR && take_word(way, word, block) ? clarity : 0;
}

bool audio_is_silence(enum audio_format format, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count / layouts[format].sample_size; i++) {
        if (abs(sample_at(format, bytes, i)) > SILENT) return false;
    }
    return true;
}
