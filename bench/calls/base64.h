#ifndef BENCH_CALLS_BASE64_H
#define BENCH_CALLS_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// To be called once, before all else.
void base64_prepare(void);

/// Both return how much was written. Decoding gives SIZE_MAX for what is no base64, padding included.
size_t base64_encode(const uint8_t *bytes, size_t count, char *out);
size_t base64_decode(const char *text, size_t count, uint8_t *out);

#endif
