#include "load/stamp.h"

#include <string.h>

static const char opening[] = "{\"event\":\"bench\",\"stamp\":\"";
static const char middle[] = "\",\"pad\":\"";
static const char closing[] = "\"}";

enum {
    OPENING = sizeof opening - 1,
    MIDDLE = sizeof middle - 1,
    CLOSING = sizeof closing - 1,
    PAIR_AT = OPENING,
    WAY_AT = PAIR_AT + 8,
    SEQUENCE_AT = WAY_AT + 1,
    SENT_AT = SEQUENCE_AT + 16,
    CHECK_AT = SENT_AT + 16,
    MIDDLE_AT = CHECK_AT + 8,
    PAD_AT = MIDDLE_AT + MIDDLE,
};
_Static_assert(PAD_AT + CLOSING <= STAMP_SMALLEST_PAYLOAD, "the smallest payload holds a stamp");

static void write_hex(char *out, uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; i--, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

static bool read_hex(const char *text, int digits, uint64_t *value) {
    uint64_t sum = 0;
    for (int i = 0; i < digits; i++) {
        char digit = text[i];
        if (digit >= '0' && digit <= '9') {
            sum = sum << 4 | (uint64_t)(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            sum = sum << 4 | (uint64_t)(digit - 'a' + 10);
        } else {
            return false;
        }
    }
    *value = sum;
    return true;
}

static uint32_t check_number(const struct stamp *stamp) {
    uint64_t mixed = (stamp->sent ^ stamp->sequence << 40 ^ stamp->pair) * 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 29 ^ stamp->sequence ^ (uint64_t)stamp->way << 63) * 0xBF58476D1CE4E5B9u;
    return (uint32_t)(mixed >> 32);
}

/// Printable text, long enough for any payload at any of its 64 starting points.
static const char *padding_for(const struct stamp *stamp) {
    static char text[STAMP_LARGEST_PAYLOAD + 64];
    if (text[0] == 0) {
        for (size_t i = 0; i < sizeof text; i++) {
            text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i % 64];
        }
    }
    return text + (stamp->sequence * 7 + stamp->pair) % 64;
}

void stamp_write(char *payload, size_t length, const struct stamp *stamp) {
    memcpy(payload, opening, OPENING);
    write_hex(payload + PAIR_AT, stamp->pair, 8);
    payload[WAY_AT] = stamp->way == WAY_UP ? 'u' : 'd';
    write_hex(payload + SEQUENCE_AT, stamp->sequence, 16);
    write_hex(payload + SENT_AT, stamp->sent, 16);
    write_hex(payload + CHECK_AT, check_number(stamp), 8);
    memcpy(payload + MIDDLE_AT, middle, MIDDLE);
    size_t pad = length - PAD_AT - CLOSING;
    memcpy(payload + PAD_AT, padding_for(stamp), pad);
    memcpy(payload + PAD_AT + pad, closing, CLOSING);
}

bool stamp_read(const char *payload, size_t length, struct stamp *stamp) {
    if (length < STAMP_SMALLEST_PAYLOAD || length > STAMP_LARGEST_PAYLOAD) return false;
    uint64_t pair, check;
    if (!read_hex(payload + PAIR_AT, 8, &pair) || !read_hex(payload + SEQUENCE_AT, 16, &stamp->sequence) ||
        !read_hex(payload + SENT_AT, 16, &stamp->sent) || !read_hex(payload + CHECK_AT, 8, &check)) {
        return false;
    }
    stamp->pair = (uint32_t)pair;
    stamp->way = payload[WAY_AT] == 'u' ? WAY_UP : WAY_DOWN;
    size_t pad = length - PAD_AT - CLOSING;
    return check == check_number(stamp) && (payload[WAY_AT] == 'u' || payload[WAY_AT] == 'd') &&
           memcmp(payload, opening, OPENING) == 0 && memcmp(payload + MIDDLE_AT, middle, MIDDLE) == 0 &&
           memcmp(payload + PAD_AT, padding_for(stamp), pad) == 0 &&
           memcmp(payload + PAD_AT + pad, closing, CLOSING) == 0;
}
