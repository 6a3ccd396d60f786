#ifndef BENCH_CALLS_TEXT_H
#define BENCH_CALLS_TEXT_H

#include <stdint.h>
#include <string.h>

#include "calls/base64.h"
#include "load/connection.h"

/// A message being written, into memory that all of them share: it is sent before the next one begins.
struct text {
    char *start, *at;
};

struct text text_begin(void);

static inline void text_put(struct text *text, const char *words) {
    size_t count = strlen(words);
    memcpy(text->at, words, count);
    text->at += count;
}

static inline void text_number(struct text *text, uint64_t number) {
    char digits[20];
    unsigned count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0) *text->at++ = digits[--count];
}

static inline void text_audio(struct text *text, const uint8_t *bytes, size_t count) {
    text->at += base64_encode(bytes, count, text->at);
}

static inline void text_send(const struct text *text, struct connection *connection) {
    connection_send_copy(connection, OPCODE_TEXT, text->start, (size_t)(text->at - text->start));
}

#endif
