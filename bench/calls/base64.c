#include "calls/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static char pairs[4096][2];
static uint8_t values[256];

void base64_prepare(void) {
    for (unsigned i = 0; i < 4096; i++) {
        pairs[i][0] = digits[i >> 6];
        pairs[i][1] = digits[i & 63];
    }
    memset(values, 0xFF, sizeof values);
    for (uint8_t i = 0; i < 64; i++) values[(uint8_t)digits[i]] = i;
}

size_t base64_encode(const uint8_t *bytes, size_t count, char *out) {
    char *start = out;
    size_t i = 0;
    for (; i + 3 <= count; i += 3, out += 4) {
        uint32_t group = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        memcpy(out, pairs[group >> 12], 2);
        memcpy(out + 2, pairs[group & 4095], 2);
    }
    if (i == count) return (size_t)(out - start);
    bool two = i + 2 == count;
    uint32_t group = (uint32_t)bytes[i] << 16 | (two ? (uint32_t)bytes[i + 1] << 8 : 0);
    memcpy(out, pairs[group >> 12], 2);
    out[2] = two ? pairs[group & 4095][0] : '=';
    out[3] = '=';
    return (size_t)(out + 4 - start);
}

size_t base64_decode(const char *text, size_t count, uint8_t *out) {
    if (count % 4 != 0) return SIZE_MAX;
    size_t padding = count == 0 ? 0 : (text[count - 1] == '=') + (text[count - 2] == '=');
    uint8_t *start = out;
    const uint8_t *in = (const uint8_t *)text;
    uint8_t seen = 0;
    size_t whole = padding > 0 ? count - 4 : count, i = 0;
    for (; i < whole; i += 4, out += 3) {
        uint8_t a = values[in[i]], b = values[in[i + 1]], c = values[in[i + 2]], d = values[in[i + 3]];
        seen |= a | b | c | d;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    if (padding > 0) {
        uint8_t a = values[in[i]], b = values[in[i + 1]], c = padding == 1 ? values[in[i + 2]] : 0;
        seen |= a | b | c;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        if (padding == 1) *out++ = (uint8_t)(b << 4 | c >> 2);
    }
    return seen & 0xC0 ? SIZE_MAX : (size_t)(out - start);
}
