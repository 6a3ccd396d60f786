#ifndef BENCH_HANDSHAKE_H
#define BENCH_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/net.h"

enum { HANDSHAKE_KEY_LENGTH = 24, HANDSHAKE_HEAD_LIMIT = 8192 };

/// A `Sec-WebSocket-Key` made from `seed` (any number will do: it only has to differ).
void handshake_make_key(uint64_t seed, char key[HANDSHAKE_KEY_LENGTH + 1]);

/// Both write text into `out` and return its length.
size_t handshake_write_request(char out[HANDSHAKE_HEAD_LIMIT], const struct target *target, const char *key);
size_t handshake_write_response(char out[HANDSHAKE_HEAD_LIMIT], const char *key);

/// The length of the head with its blank line, or 0 while it is not complete.
size_t handshake_head_length(const void *bytes, size_t count);

/// Takes the key alone out of a request head; checks nothing else.
bool handshake_find_key(const char *head, size_t length, char key[HANDSHAKE_KEY_LENGTH + 1]);

/// Full checks after RFC 6455, 4.1 and 4.2.1. On false, `why` says what was wrong.
bool handshake_check_request(const char *head, size_t length, char key[HANDSHAKE_KEY_LENGTH + 1], const char **why);
bool handshake_check_response(const char *head, size_t length, const char *key, const char **why);

#endif
