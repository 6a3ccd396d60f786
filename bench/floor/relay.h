#ifndef BENCH_FLOOR_RELAY_H
#define BENCH_FLOOR_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/net.h"

struct pair;

/// One end of a pair: the phone's connection or the one to the upstream.
struct side {
    int descriptor;
    struct pair *pair;
    struct side *peer;
    uint8_t *unsent;  // What the socket did not take. While there is some, the other side is not read.
    size_t unsent_start, unsent_count;
    bool has_more;  // Left unread because the other side was full. Edge-triggered epoll will not tell us again.
};

/// Runs the relay on this thread until the process ends. Returns only when epoll itself cannot be set up.
int relay_run(int listener, const struct target *upstream);

/// Sends what the socket takes and keeps the rest. False when there is a rest.
bool side_send(struct side *side, const uint8_t *bytes, size_t count);

#endif
