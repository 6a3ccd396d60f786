// The parts the call driver's counts rest on. Silent when all is right.
#include <stdlib.h>
#include <string.h>

#include "calls/base64.h"
#include "calls/message.h"
#include "calls/reader.h"
#include "tests/expect.h"

static void test_base64(void) {
    uint8_t bytes[64], back[64];
    char text[96];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t count = 0; count <= sizeof bytes; count++) {
        size_t length = base64_encode(bytes, count, text);
        expect(length == (count + 2) / 3 * 4, "base64 has four characters for three bytes", count);
        expect(base64_decode(text, length, back) == count && memcmp(bytes, back, count) == 0,
               "base64 comes back", count);
        for (size_t i = 0; i < length && text[i] != '='; i++) {
            char kept = text[i];
            text[i] = '*';
            expect(base64_decode(text, length, back) == SIZE_MAX, "what is no digit is noticed", i);
            text[i] = kept;
        }
    }
    expect(base64_decode("AAA", 3, back) == SIZE_MAX, "base64 comes in fours", 3);
}

static void test_exact(void) {
    uint8_t sound[160];
    struct block written = {4095, 2047}, read;
    for (enum way way = 0; way < WAY_COUNT; way++) {
        audio_write(AUDIO_MULAW_8K, way, written, sound);
        expect(audio_read_exact(way, sound, &read) && read.call == 4095 && read.sequence == 2047,
               "a block is read", way);
        expect(!audio_read_exact(1 - way, sound, &read), "a block of the other way is none", way);
        for (unsigned long bit = 0; bit < sizeof sound * 8; bit++) {
            sound[bit / 8] ^= (uint8_t)(1 << bit % 8);
            expect(!audio_read_exact(way, sound, &read), "every flipped bit is noticed", bit);
            sound[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/// Else a bridge would take it for a tone, and look at it more closely than at speech.
static void test_variety(enum audio_format format) {
    uint8_t sound[AUDIO_LARGEST_BLOCK];
    audio_write(format, WAY_DOWN, (struct block){1234, 567}, sound);
    for (size_t parity = 0; parity < 2; parity++) {
        bool seen[256] = {false};
        unsigned distinct = 0;
        for (size_t i = parity; i < audio_block_size(format); i += 2) {
            distinct += !seen[sound[i]];
            seen[sound[i]] = true;
        }
        expect(distinct >= 16, "a block has as many values as speech", distinct);
    }
}

/// What came of a stream.
struct heard {
    unsigned blocks, astray, filled, wrong;
    uint32_t next;
};

static void hear_block(void *owner, struct block block) {
    struct heard *heard = owner;
    heard->blocks++;
    heard->wrong += block.call != 7 || block.sequence != heard->next;
    heard->next = block.sequence + 1;
}

static void hear_astray(void *owner, unsigned blocks) {
    ((struct heard *)owner)->astray += blocks;
}

static void hear_filled(void *owner, unsigned blocks) {
    ((struct heard *)owner)->filled += blocks;
}

static const struct reader_events hearing = {hear_block, hear_astray, hear_filled};

static void read_pieces(struct reader *reader, const uint8_t *bytes, size_t count, size_t piece, struct heard *heard) {
    for (size_t at = 0; at < count; at += piece) {
        reader_take(reader, bytes + at, at + piece < count ? piece : count - at, &hearing, heard);
    }
    reader_restart(reader);
}

enum { BLOCKS = 12 };

static void test_pieces(enum audio_format format, bool is_exact) {
    size_t size = audio_block_size(format), delay = audio_sample_size(format) * (is_exact ? 0 : 16);
    uint8_t *bytes = calloc(BLOCKS + 1, size);
    memset(bytes, format == AUDIO_MULAW_8K ? 0xFF : 0, delay);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        audio_write(format, WAY_UP, (struct block){7, 100 + i}, bytes + delay + i * size);
    }
    for (size_t piece = audio_sample_size(format); piece <= 3 * size; piece += 6 * audio_sample_size(format)) {
        struct reader reader = {.format = format, .way = WAY_UP, .is_exact = is_exact};
        struct heard heard = {.next = 100};
        read_pieces(&reader, bytes, delay + BLOCKS * size, piece, &heard);
        expect(heard.blocks == BLOCKS && heard.wrong + heard.astray + heard.filled == 0,
               "blocks are found however they are cut", piece);
    }
    free(bytes);
}

static void test_faults(void) {
    uint8_t bytes[6 * 160];
    for (uint32_t i = 0; i < 6; i++) audio_write(AUDIO_MULAW_8K, WAY_UP, (struct block){7, i}, bytes + i * 160);
    bytes[2 * 160 + 50] ^= 4;
    memset(bytes + 4 * 160, 0xFF, 160);
    struct reader reader = {.format = AUDIO_MULAW_8K, .way = WAY_UP, .is_exact = true};
    struct heard heard = {0};
    read_pieces(&reader, bytes, sizeof bytes, 160, &heard);
    expect(heard.blocks == 4 && heard.astray == 1 && heard.filled == 1, "a damaged block and silence are told apart",
           heard.blocks * 100 + heard.astray * 10 + heard.filled);
    // Seven bytes too many, and all behind them is found again.
    uint8_t shifted[4 * 160 + 7];
    for (uint32_t i = 0; i < 4; i++) {
        audio_write(AUDIO_MULAW_8K, WAY_UP, (struct block){7, i}, shifted + i * 160 + (i > 1 ? 7 : 0));
    }
    memset(shifted + 320, 0x12, 7);
    heard = (struct heard){0};
    read_pieces(&reader, shifted, sizeof shifted, 160, &heard);
    expect(heard.blocks == 4 && heard.astray == 1, "an inserted crumb is noticed", heard.blocks * 10 + heard.astray);
}

/// Up to three times the rate by straight lines, half a sample late, and with a tenth less level: worse than what a
/// bridge would do to it.
static void test_resampled(void) {
    enum { IN = BLOCKS * 160 };
    static uint8_t sound[(BLOCKS + 1) * 960];
    static int16_t coarse[IN + 2];
    uint8_t block[640];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        // Every second sample of the 16,000.
        audio_write(AUDIO_PCM_16K, WAY_UP, (struct block){7, 500 + i}, block);
        for (size_t j = 0; j < 160; j++) coarse[i * 160 + j] = (int16_t)(block[4 * j] | block[4 * j + 1] << 8);
    }
    for (size_t i = 0; i < 3 * IN; i++) {
        double place = (double)i / 3 + 0.17;
        size_t at = (size_t)place;
        double share = place - (double)at;
        int sample = (int)(0.9 * (coarse[at] * (1 - share) + coarse[at + 1] * share));
        sound[2 * i] = (uint8_t)sample;
        sound[2 * i + 1] = (uint8_t)(sample >> 8);
    }
    struct reader reader = {.format = AUDIO_PCM_24K, .way = WAY_UP};
    struct heard heard = {.next = 500};
    read_pieces(&reader, sound, 6 * IN, 960, &heard);
    expect(heard.blocks == BLOCKS && heard.wrong + heard.astray == 0, "resampled audio still says what it is",
           heard.blocks * 100 + heard.wrong * 10 + heard.astray);
}

static void test_messages(void) {
    struct message message;
    const char *media = "{ \"streamSid\" : \"MZ\\\"1\",\n\"media\": {\"payload\" :\"QUJD\", \"track\":\"x\"}, "
                        "\"event\": \"media\"}";
    expect(message_read(media, strlen(media), &message) && slice_equals(message.kind, "media") &&
               slice_equals(message.audio, "QUJD"),
           "keys may come in any order", 0);
    const char *update = "{\"session\":{\"type\":\"realtime\",\"audio\":{\"payload\":\"no\"}},"
                         "\"type\":\"session.update\"}";
    expect(message_read(update, strlen(update), &message) && slice_equals(message.kind, "session.update") &&
               message.audio.start == NULL,
           "what stands deeper is something else", 1);
    const char *mark = "{\"event\":\"mark\",\"mark\":{\"name\":\"a b\"}}";
    expect(message_read(mark, strlen(mark), &message) && slice_equals(message.name, "a b"), "a mark has a name", 2);
    for (size_t count = 0; count < strlen(mark); count++) {
        expect(!message_read(mark, count, &message), "half a message is none", count);
    }
}

int main(void) {
    base64_prepare();
    audio_prepare();
    test_base64();
    test_exact();
    for (enum audio_format format = 0; format < AUDIO_FORMAT_COUNT; format++) test_variety(format);
    test_pieces(AUDIO_MULAW_8K, true);
    test_pieces(AUDIO_MULAW_8K, false);
    test_pieces(AUDIO_PCM_16K, false);
    test_pieces(AUDIO_PCM_24K, false);
    test_faults();
    test_resampled();
    test_messages();
    return failures > 0;
}
