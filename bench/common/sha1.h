#ifndef BENCH_SHA1_H
#define BENCH_SHA1_H

#include <stddef.h>
#include <stdint.h>

/// SHA-1 of at most 119 bytes. Only the WebSocket accept key needs it here: no secret, no speed.
/// It is written out so that the floor links to nothing but libc.
void sha1(const void *bytes, size_t count, uint8_t digest[20]);

#endif
