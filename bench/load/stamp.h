#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// `WAY_UP` is phone to upstream, `WAY_DOWN` upstream to phone. An echo server's frames go up and come back.
enum way { WAY_UP, WAY_DOWN, WAY_COUNT };

/// What each frame carries about itself.
struct stamp {
    uint32_t pair;
    enum way way;
    uint64_t sequence, sent;
};

enum { STAMP_SMALLEST_PAYLOAD = 96, STAMP_LARGEST_PAYLOAD = 32 * 1024 };

/// Fills `payload` with a JSON object, in ASCII, that holds the stamp, a check number and padding that differs from
/// frame to frame. `length` lies between the two limits above.
void stamp_write(char *payload, size_t length, const struct stamp *stamp);

/// Takes the stamp back out. False when a single byte differs from what `stamp_write` wrote.
bool stamp_read(const char *payload, size_t length, struct stamp *stamp);

#endif
